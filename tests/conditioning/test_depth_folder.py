"""Depth by networks in folders as transformers saves them: tiny ones, of random weights."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from google.rpc import code_pb2
from transformers import (
    DepthAnythingConfig,
    DepthAnythingForDepthEstimation,
    Dinov2Config,
    DPTConfig,
    DPTForDepthEstimation,
)
from transformers.models.dpt.image_processing_pil_dpt import DPTImageProcessorPil

from kinoform.conditioning.build import trade
from kinoform.conditioning.depth import depth_of
from kinoform.models.depth_folder.identity import BadDepthModel, identity_of
from kinoform.models.depth_folder.predict import FolderDepth
from kinoform_proto.conditioning.v1 import conditioning_pb2 as pb
from kinoform_proto.engine.v1 import engine_pb2
from tests.conditioning.conditioning_peer import disc, png, resolved
from tests.conditioning.test_conditioning_clips import LENGTH, frames_of, rolling, written
from tests.conditioning.test_conditioning_clips import prepared as prepared_clip
from tests.conditioning.test_conditioning_runs import picture, prepared
from tests.serving.peer import begin, served

DEPTH = pb.ConditioningSpec(depth=pb.Depth())


def depth_anything(folder: Path, *, seed: int = 0, kind: str = "relative") -> Path:
    torch.manual_seed(seed)
    backbone = Dinov2Config(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        image_size=70,
        patch_size=14,
        out_indices=[1, 2, 3, 4],
        reshape_hidden_states=False,
    )
    config = DepthAnythingConfig(
        backbone_config=backbone,
        reassemble_hidden_size=32,
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        head_hidden_size=8,
        patch_size=14,
        initializer_range=0.5,
        depth_estimation_type=kind,
        max_depth=20 if kind == "metric" else 1,
    )
    return saved(DepthAnythingForDepthEstimation(config), 14, folder)


def dpt(folder: Path) -> Path:
    torch.manual_seed(0)
    config = DPTConfig(
        hidden_size=32,
        num_hidden_layers=4,
        num_attention_heads=2,
        intermediate_size=32,
        image_size=64,
        patch_size=16,
        backbone_out_indices=[0, 1, 2, 3],
        neck_hidden_sizes=[8, 8, 8, 8],
        fusion_hidden_size=8,
        initializer_range=0.5,
    )
    return saved(DPTForDepthEstimation(config), 16, folder)


def saved(network: DepthAnythingForDepthEstimation | DPTForDepthEstimation, patch: int, folder: Path) -> Path:
    for weights in network.head.parameters():
        weights.data.abs_()  # its last layer cuts off what is negative: all of it, as chance has it
    network.save_pretrained(folder)
    side = 4 * patch
    processor = DPTImageProcessorPil(
        size={"height": side, "width": side}, ensure_multiple_of=patch, keep_aspect_ratio=patch == 14
    )
    processor.save_pretrained(folder)
    return folder


@pytest.mark.parametrize("make", [depth_anything, dpt])
@pytest.mark.parametrize("size", [(96, 96), (80, 130), (40, 33)])
def test_a_folders_network_answers_for_pictures_of_any_size(
    tmp_path: Path, make: object, size: tuple[int, int]
) -> None:
    folder = make(tmp_path)  # type: ignore[operator]
    pixels = np.ascontiguousarray(np.resize(disc(130), (130, 130, 3))[: size[0], : size[1]])
    near = depth_of(pixels, folder)
    assert (near.shape, near.dtype) == (size, np.float32)
    assert (near.min(), near.max()) == (0, 1)
    assert np.array_equal(near, depth_of(pixels, folder))


def test_the_answer_is_the_networks_own(tmp_path: Path) -> None:
    model = FolderDepth.from_folder(depth_anything(tmp_path))
    network = DepthAnythingForDepthEstimation.from_pretrained(tmp_path).eval()
    pixels = disc(56)
    seen = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.inference_mode():
        expected = network(pixel_values=seen).predicted_depth[0].numpy()
    assert np.allclose(model.answer(pixels).inverse_depth, expected, rtol=1e-4)


def test_metres_are_turned_round(tmp_path: Path) -> None:
    pixels = disc(56)
    metric = FolderDepth.from_folder(depth_anything(tmp_path / "metric", kind="metric")).answer(pixels)
    network = DepthAnythingForDepthEstimation.from_pretrained(tmp_path / "metric").eval()
    seen = torch.from_numpy(pixels).permute(2, 0, 1)[None].float() / 127.5 - 1
    with torch.inference_mode():
        metres = network(pixel_values=seen).predicted_depth[0].numpy()
    assert np.allclose(metric.inverse_depth, 1 / metres, rtol=1e-4)


def test_a_folder_is_known_by_what_its_answers_depend_on(tmp_path: Path) -> None:
    first, other = depth_anything(tmp_path / "a"), depth_anything(tmp_path / "b", seed=1)
    moved = shutil.copytree(first, tmp_path / "c")
    assert identity_of(first).startswith("depth_anything-")
    assert identity_of(moved) == identity_of(first) != identity_of(other)
    settings = moved / "preprocessor_config.json"
    settings.write_text(settings.read_text().replace("0.5", "0.4"))
    assert identity_of(moved) != identity_of(first)


def test_what_is_no_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadDepthModel, match=r"config\.json: No such file"):
        identity_of(tmp_path)
    (tmp_path / "config.json").write_text("[")
    (tmp_path / "model.safetensors").touch()
    (tmp_path / "preprocessor_config.json").touch()
    with pytest.raises(BadDepthModel, match="no JSON"):
        identity_of(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadDepthModel, match="model_type"):
        identity_of(tmp_path)
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(BadDepthModel, match="can't be loaded"):
        FolderDepth.from_folder(tmp_path)
    (tmp_path / "model.safetensors").unlink()
    with pytest.raises(BadDepthModel, match="safetensors"):
        identity_of(tmp_path)


async def test_the_service_sees_depth_by_its_folder(tmp_path: Path) -> None:
    folder = depth_anything(tmp_path / "model")
    async with served("conditioning", trade(folder), tmp_path / "assets") as peer:
        still = await prepared(peer, DEPTH, png(disc(96)))
        near = picture(peer, still)
        clip = frames_of(peer, await prepared_clip(peer, DEPTH, written(rolling(), tmp_path / "clip")))
        again = await prepared(peer, DEPTH, png(disc(96)))
    assert np.array_equal(near, np.rint(depth_of(disc(96), folder) * 65535))
    assert not np.array_equal(near, np.rint(depth_of(disc(96)) * 65535))
    assert clip.shape == (LENGTH, 96, 96)
    assert again.outputs == still.outputs


async def test_a_folder_that_cant_be_loaded_is_the_operators_to_change(tmp_path: Path) -> None:
    async with served("conditioning", trade(tmp_path / "nothing"), tmp_path / "assets") as peer:
        blob = peer.store.put_bytes(png(disc(32)), "image/png")
        start = begin(resolved(pb.ConditioningSpec(depth=pb.Depth())), inputs={"spec.image": blob.sha256})
        refusal = await peer.refusal(engine_pb2.RunRequest(start=start))
        assert refusal[:2] == (code_pb2.FAILED_PRECONDITION, "NOT_INSTALLED")
