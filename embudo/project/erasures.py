import argparse
import sys

from django.db import DatabaseError, connection

from embudo.foundation.recycle import commands
from embudo.foundation.recycle.models import Erasure


def main(_options: argparse.Namespace) -> int:
    """Erases again what was erased after this database was backed up."""
    done, faults = commands.repeat_erasures()
    print(f"Erased again what was erased after this backup: {done:,} records.")
    for fault in faults:
        print(f"Not erased: {fault}", file=sys.stderr)
    return 1 if faults else 0


def remember() -> int:
    """Before another database takes the place of this one: its erasures go to the list beside it."""
    try:
        if Erasure._meta.db_table not in connection.introspection.table_names():
            return 0
        return commands.keep_list()
    except DatabaseError:  # nothing that could be read stands there
        return 0
