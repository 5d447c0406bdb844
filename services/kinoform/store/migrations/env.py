"""Runs migrations on the connection that `open_store` hands over."""

from alembic import context

from kinoform.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
