from embudo.foundation.access import commands
from embudo.kernel.event import every


@every("hour")
def forget_attempts() -> None:
    commands.prune_attempts()
