"""The Serve config file that ships is one that Ray takes, for applications that exist."""

from pathlib import Path

import pytest
import yaml

import kinoform_cluster
from kinoform.models.services import SERVICES

CONFIG = Path(kinoform_cluster.__file__).parent / "config" / "local.yaml"


# Ray's own, told while it is imported
@pytest.mark.filterwarnings("ignore:Using extra keyword arguments on `Field`:DeprecationWarning")
def test_ray_takes_the_config_file_and_finds_what_it_names() -> None:
    from ray._common.utils import import_attr
    from ray.serve.schema import ServeDeploySchema

    from kinoform_cluster.app import ServiceArgs

    schema = ServeDeploySchema.model_validate(yaml.safe_load(CONFIG.read_text()))
    args = [ServiceArgs.model_validate(application.args) for application in schema.applications]
    assert [one.name for one in schema.applications] == [one.service for one in args] == list(SERVICES)
    for application, each in zip(schema.applications, args, strict=True):
        assert import_attr(application.import_path)(each) is not None
    for path in schema.grpc_options.grpc_servicer_functions:
        assert callable(import_attr(path))
