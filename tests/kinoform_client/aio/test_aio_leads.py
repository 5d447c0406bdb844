"""What leads a clip, from Python's terms to the request."""

from pathlib import Path

import pytest

from kinoform_client import AsyncClient, ClipCondition, ClipConditionKind, InvalidArgumentError, Repaint
from kinoform_proto.type.v1.type_pb2 import MediaInput, Reach
from kinoform_proto.video.v1 import video_pb2
from tests.kinoform_client.client_peer import Peer, Served
from tests.kinoform_client.samples import ball, mp4, png

PICTURE = png(ball(8))
CLIP = mp4()


async def test_everything_that_leads_a_clip_reaches_the_request(served: Served, peer: Peer, tmp_path: Path) -> None:
    (tmp_path / "shot.mp4").write_bytes(CLIP)
    async with AsyncClient(served.address) as client:
        depth = await client.conditionings.create("depth", PICTURE)
        await client.videos.generate(
            "a penguin",
            image=PICTURE,
            image_strength=0.5,
            image_steps=(0, 0.25),
            conditions=[
                ClipCondition("mask", tmp_path / "shot.mp4", strength=1.5, steps=(0.1, 0.9)),
                ClipCondition(ClipConditionKind.DEPTH, depth),
                ClipCondition("last_frame", PICTURE, 0),
            ],
            repaint=Repaint(CLIP, PICTURE),
        )
    picture, clip = MediaInput(inline=PICTURE), MediaInput(inline=CLIP)
    spec = peer.requests[0].spec
    assert spec.image_reach == Reach(strength=0.5, first=0, last=0.25)
    assert list(spec.conditions) == [
        video_pb2.VideoCondition(mask=clip, reach=Reach(strength=1.5, first=0.1, last=0.9)),
        video_pb2.VideoCondition(depth=MediaInput(conditioning=depth.name)),
        video_pb2.VideoCondition(last_frame=picture, reach=Reach(strength=0)),
    ]
    assert spec.repaint == video_pb2.Repaint(footage=clip, mask=picture)


async def test_a_condition_of_no_kind_is_named(served: Served, peer: Peer) -> None:
    async with AsyncClient(served.address) as client:
        with pytest.raises(
            InvalidArgumentError, match="one of last_frame, edges, depth, mask, palette; got 'smoke'"
        ) as caught:
            await client.videos.generate("a penguin", conditions=[ClipCondition("smoke", PICTURE)])
        assert [violation.field for violation in caught.value.violations] == ["spec.conditions[0].kind"]
    assert not peer.jobs
