import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.state import ModelState, ProjectState

from embudo.business.sales.commands import define_default_pipeline
from embudo.foundation.access.commands import sync_roles
from embudo.kernel.actor import system_actor


def migrate(*, verbosity: int = 0) -> bool:
    """Brings the database up to the code and its default roles and pipeline into being. True if there was work."""
    executor = MigrationExecutor(connection)
    pending = bool(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    if pending:
        with _added_in_place():
            call_command("migrate", verbosity=verbosity, interactive=False)
    provide_defaults()
    return pending


@contextmanager
def _added_in_place() -> Iterator[None]:
    """
    Django builds a model and all that are related to it anew for each model, index and constraint that a migration adds,
    though none of them changes what was there before: three quarters of the time of a first start. Here they are added
    to what is there.
    """

    def add_model(state: ProjectState, added: ModelState) -> None:
        key = added.app_label, added.name_lower
        state.models[key] = added
        if vars(state)["_relations"] is not None:
            state.resolve_model_relations(key)
        if "apps" in vars(state):
            state.apps.render_multiple([added])

    def append(state: ProjectState, app_label: str, model_name: str, option_name: str, added: Any) -> None:
        options = state.models[app_label, model_name].options
        options[option_name] = [*options.get(option_name, []), added]
        if "apps" in vars(state):
            meta = state.apps.get_model(app_label, model_name)._meta
            setattr(meta, option_name, [*getattr(meta, option_name), added])

    with mock.patch.multiple(ProjectState, add_model=add_model, _append_option=append):
        yield


def provide_defaults() -> None:
    """What every installation has from the start; each step adds only what was never offered before."""
    sync_roles(system_actor("set-up"))
    define_default_pipeline(system_actor("set-up"))


def collect_static() -> None:
    """Copies the browser files under their hashed names, when they have changed since the last time."""
    stamp = Path(settings.STATIC_ROOT) / ".stamp"
    current = _static_digest()
    if not stamp.exists() or stamp.read_text() != current:
        call_command("collectstatic", verbosity=0, interactive=False, clear=True)
        stamp.write_text(current)


def _static_digest() -> str:
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in sorted(finder.list([]), key=lambda item: item[0]):
            stat = Path(storage.path(path)).stat()
            digest.update(f"{path}\0{stat.st_mtime_ns}\0{stat.st_size}\n".encode())
    return digest.hexdigest()
