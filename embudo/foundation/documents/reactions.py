from embudo.foundation.documents import commands
from embudo.kernel.actor import system_actor
from embudo.kernel.event import every


@every("day")
def sweep_files() -> None:
    """Files of failed uploads and of erased documents."""
    commands.prune_files(system_actor("file store"))
