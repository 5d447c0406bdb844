"""The local runtime: the same servicers in one process, without Ray."""

import asyncio

import grpc

from kinoform.backbone.errors import BackboneError
from kinoform.engine.errors import EngineError
from kinoform.gateway.config import GatewayConfig
from kinoform.gateway.logs import configure
from kinoform.gateway.options import gateway_options, with_options
from kinoform.gateway.server import BadAddress
from kinoform.gateway.server import build as build_gateway
from kinoform.media.provenance.errors import ProvenanceError
from kinoform.models.depth_folder.identity import identity_of
from kinoform.models.registry import DEFAULT_MODELS, catalogue
from kinoform.models.services import ServiceName
from kinoform.policy.errors import BadPolicy
from kinoform.serving.config import ServiceConfig
from kinoform.serving.service import AnyService
from kinoform.serving.servicer import EngineServicer
from kinoform.store.errors import StoreError
from kinoform_cluster.errors import StartFailed
from kinoform_cluster.folder import DataFolder
from kinoform_cluster.ports import address, usable_port
from kinoform_cluster.ready import gateway_serves, until
from kinoform_cluster.services import build_service
from kinoform_cluster.settings import LOOPBACK, Settings
from kinoform_proto.engine.v1.engine_pb2_grpc import add_EngineServiceServicer_to_server

GRACE_S = 20.0


async def serve_locally(settings: Settings, folder: DataFolder, stop: asyncio.Event) -> None:
    """Serves until `stop` is set. Raises StartFailed."""
    configure("console")
    services: dict[str, AnyService] = {}
    engine = grpc.aio.server()
    add_EngineServiceServicer_to_server(EngineServicer(services), engine)
    engine_port = engine.add_insecure_port(address(LOOPBACK, 0))
    try:
        for service in settings.services:  # one by one: imports of large libraries in several threads end in knots
            services[service] = await _built(service, _config(settings, folder))
        await engine.start()
        await _serve_gateway(settings, _gateway(settings, folder, engine_port), stop)
    finally:
        await asyncio.gather(*(service.close(grace_s=GRACE_S) for service in services.values()))
        await engine.stop(None)


async def _built(service: ServiceName, config: ServiceConfig) -> AnyService:
    try:
        return await build_service(service, config)
    except (BackboneError, EngineError, ProvenanceError, BadPolicy) as error:
        raise StartFailed(f"{service} service", str(error)) from error


async def _serve_gateway(settings: Settings, config: GatewayConfig, stop: asyncio.Event) -> None:
    try:
        gateway = build_gateway(config)
        await gateway.start()
    except (BadAddress, StoreError) as error:
        raise StartFailed("gateway", str(error)) from error
    try:
        assert config.health_listen is not None
        await until(gateway_serves, config.health_listen)
        print(f"ready {settings.public}", flush=True)
        await stop.wait()
    finally:
        await gateway.drain(GRACE_S)


def _config(settings: Settings, folder: DataFolder) -> ServiceConfig:
    return ServiceConfig(
        assets=str(folder.assets),
        token_file=folder.token_file,
        models=settings.models,
        depth_model=settings.depth_model,
        signing=settings.signing,
        policy=settings.policy,
        threads=settings.threads,
    )


def _gateway(settings: Settings, folder: DataFolder, engine_port: int) -> GatewayConfig:
    config = GatewayConfig(
        listen=address(settings.host, settings.port),
        health_listen=address(LOOPBACK, usable_port(LOOPBACK, 0)),
        engine=address(LOOPBACK, engine_port),
        engine_token=folder.token_file.read_text().strip(),
        database=settings.database or f"sqlite:///{folder.database}",
        assets=str(folder.assets),
        cards={
            name: entry.card
            for name, entry in catalogue(settings.models).items()
            if entry.card.kind in settings.services
        },
        default_models=DEFAULT_MODELS,
        policy=settings.policy,
        trust_anchors=settings.trust_anchors,
        services=settings.services,
        depth_model="" if settings.depth_model is None else identity_of(settings.depth_model),
    )
    return with_options(config, gateway_options(settings.gateway))
