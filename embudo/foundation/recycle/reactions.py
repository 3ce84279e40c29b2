from embudo.foundation.recycle import commands
from embudo.kernel import clock
from embudo.kernel.event import every
from embudo.kernel.job import enqueue, task


@every("day")
def empty_the_bin() -> None:
    enqueue(erase_what_is_over, unique_key=f"recycle.empty:{clock.today()}")


@task(in_chunks=True)
def erase_what_is_over() -> int:
    """What has lain in the bin for 30 days, each in a transaction of its own."""
    commands.keep_list()
    return commands.empty_bin()
