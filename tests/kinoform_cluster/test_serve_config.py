"""The Serve config file that ships is one that Ray takes, for an application that exists."""

from pathlib import Path

import pytest
import yaml

import kinoform_cluster

CONFIG = Path(kinoform_cluster.__file__).parent / "config" / "local.yaml"


# Ray's own, told while it is imported
@pytest.mark.filterwarnings("ignore:Using extra keyword arguments on `Field`:DeprecationWarning")
def test_ray_takes_the_config_file_and_finds_what_it_names() -> None:
    from ray._common.utils import import_attr
    from ray.serve.schema import ServeDeploySchema

    from kinoform_cluster.app import VideoArgs

    schema = ServeDeploySchema.model_validate(yaml.safe_load(CONFIG.read_text()))
    (video,) = schema.applications
    assert video.name == "video"
    assert import_attr(video.import_path)(VideoArgs.model_validate(video.args)) is not None
    for path in schema.grpc_options.grpc_servicer_functions:
        assert callable(import_attr(path))
