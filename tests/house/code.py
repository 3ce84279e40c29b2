"""House rules that are read from one file's syntax tree. Each takes a Source and returns its faults."""

import ast
import re

from tests.house.source import WITH_ROOMS, Source, functions, heights, name_of, text_of, words_of

LONGEST_FILE = 400
LONGEST_FUNCTION = 50

RELATIONS = {"ForeignKey", "OneToOneField", "ManyToManyField", "AddField"}
# Places outside commands.py that may write, each with its reason.
WRITERS = {
    "embudo/kernel/": "the ground on which commands stand",
    "embudo/project/bench/": "fills a throw-away database with 100,000 rows",
    "embudo/project/move.py": "copies rows from one database to another as they are",
}
ALWAYS_A_WRITE = {
    "bulk_create", "abulk_create", "bulk_update", "abulk_update",
    "get_or_create", "aget_or_create", "update_or_create", "aupdate_or_create",
}  # fmt: skip
WRITE_ON_A_QUERYSET = {"create", "acreate", "update", "aupdate", "delete", "adelete"}
MARKS_OF_A_QUERYSET = {
    "objects", "_base_manager", "_default_manager", "filter", "exclude", "all", "visible_to", "select_for_update",
}  # fmt: skip
CHANGE = "embudo.kernel.change"
WRITES_OF_CHANGE = {
    "create",
    "create_all",
    "update",
    "update_all",
    "delete",
    "delete_all",
    "undo_changes",
    "change",
}
WRITING_SQL = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|TRUNCATE|MERGE)\b", re.IGNORECASE)

GETTEXT = {
    "_", "gettext", "gettext_lazy", "gettext_noop", "ngettext", "ngettext_lazy",
    "pgettext", "pgettext_lazy", "npgettext", "npgettext_lazy",
}  # fmt: skip
CLOCKS = {
    ("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("timezone", "now"),
    ("timezone", "localdate"), ("timezone", "localtime"), ("time", "time"), ("time", "time_ns"), ("functions", "Now"),
}  # fmt: skip
# What Django itself announces and no other way tells.
FRAMEWORK_SIGNALS = {"post_migrate", "connection_created"}
VAGUE_NAMES = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "manager",
    "managers",
    "service",
    "services",
}


def upward_references(source: Source) -> list[str]:
    """A foreign key or get_model that names, as text, a module at the same height or higher."""
    own = heights().get(source.module)
    if own is None or source.is_test:
        return []
    found = []
    for call in source.calls():
        label = _referred_label(call)
        if label in heights() and label != source.module and heights()[label] >= own:
            found.append(source.fault(call, f"refers upward to {label}"))
    return found


def _referred_label(call: ast.Call) -> str | None:
    kind = name_of(call.func)
    if kind not in RELATIONS | {"get_model"}:
        return None
    target = next(
        (word.value for word in call.keywords if word.arg == "to"), call.args[0] if call.args else None
    )
    text = text_of(target)
    if text is None or ("." not in text and kind != "get_model"):
        return None
    return text.partition(".")[0]


def stray_writes(source: Source) -> list[str]:
    """A write outside commands: on a record, a queryset, through kernel.change, or in SQL."""
    if source.is_test or source.is_migration or source.room == "commands":
        return []
    if source.path.startswith(tuple(WRITERS)):
        return []
    calls = [
        source.fault(call, f"writes by .{name_of(call.func)}()") for call in source.calls() if is_write(call)
    ]
    imports = [
        source.fault(node, f"imports {alias.name} of {CHANGE}")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
        if (node.module == CHANGE and alias.name in WRITES_OF_CHANGE)
        or f"{node.module}.{alias.name}" == CHANGE
    ]
    return calls + imports


def is_write(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    verb, receiver = call.func.attr, call.func.value
    if verb in {"save", "asave"}:
        # A session is no record, and what takes a place to save to (an image) is none either.
        return not call.args and name_of(receiver) != "session"
    if verb in ALWAYS_A_WRITE:
        return True
    if verb in {"execute", "executemany"}:
        return bool(call.args and (sql := text_of(call.args[0])) and WRITING_SQL.match(sql))
    if verb not in WRITE_ON_A_QUERYSET:
        return False
    if words_of(receiver) & MARKS_OF_A_QUERYSET:
        return True
    is_record_delete = verb in {"delete", "adelete"} and isinstance(receiver, ast.Name) and not call.args
    return is_record_delete or (verb in {"create", "acreate"} and isinstance(receiver, ast.Attribute))


def signals(source: Source) -> list[str]:
    """Any Django signal but the framework's own, in apps.py."""
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            is_signal = "signals" in (node.module or "").split(".") or "signals" in names
            is_signal |= node.module == "django.dispatch"
            if is_signal and not names <= FRAMEWORK_SIGNALS:
                found.append(source.fault(node, "imports a Django signal"))
        if isinstance(node, ast.Import) and any("signals" in alias.name.split(".") for alias in node.names):
            found.append(source.fault(node, "imports a Django signal"))
    return found


def formatted_gettext(source: Source) -> list[str]:
    """
    A text put together before it is looked up can't be found in any catalogue. Nor can one looked up inside an f-string:
    xgettext does not read what stands in its braces, and nobody is asked to translate it.
    """
    looked_up = [call for call in source.calls() if name_of(call.func) in GETTEXT]
    within = {
        id(node)
        for string in ast.walk(source.tree)
        if isinstance(string, ast.JoinedStr)
        for node in ast.walk(string)
    }
    return [
        *(
            source.fault(call, "puts a text together inside gettext")
            for call in looked_up
            if any(_is_put_together(argument) for argument in call.args)
        ),
        *(
            source.fault(
                call, "looks a text up inside an f-string, where no catalogue finds it: give it a name first"
            )
            for call in looked_up
            if id(call) in within
        ),
    ]


def _is_put_together(node: ast.AST) -> bool:
    if isinstance(node, ast.BinOp):
        return True
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Call) and name_of(node.func) == "format")


def own_clocks(source: Source) -> list[str]:
    """Time read anywhere but in kernel/clock.py."""
    if source.path == "embudo/kernel/clock.py" or source.is_test:
        return []
    calls = [call for call in source.calls() if isinstance(call.func, ast.Attribute)]
    found = [
        source.fault(call, "reads the time itself: use embudo.kernel.clock")
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and _reads_clock(call, name_of(call.func.value), call.func.attr)
    ]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            last = node.module.rpartition(".")[2]
            if any((last, alias.name) in CLOCKS for alias in node.names):
                found.append(source.fault(node, "imports a clock: use embudo.kernel.clock"))
        if isinstance(node, ast.keyword) and node.arg in {"auto_now", "auto_now_add"}:
            found.append(source.fault(node.value, f"{node.arg} reads the time itself"))
    return found


def _reads_clock(call: ast.Call, owner: str, verb: str) -> bool:
    """`localtime(moment)` only turns a moment it is given."""
    return (owner, verb) in CLOCKS and not (verb in {"localtime", "localdate"} and call.args)


def inner_outside_commands(source: Source) -> list[str]:
    """`.inner` leaves out the permission check, so only a command, which had its own, may call it."""
    if source.is_test or source.module == "kernel" or source.room == "commands":
        return []
    return [
        source.fault(call, "calls .inner outside a command")
        for call in source.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr == "inner"
    ]


def foreign_private_rooms(source: Source) -> list[str]:
    """Another module's views or reactions; the import contract can't tell one module's urls from another's."""
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.ImportFrom) or not node.module:
            continue
        for alias in node.names:
            parts = f"{node.module}.{alias.name}".split(".")
            is_private = len(parts) > 3 and parts[1] in WITH_ROOMS and parts[3] in {"views", "reactions"}
            if is_private and parts[2] not in {source.module, "ui"}:
                found.append(source.fault(node, f"imports {parts[3]} of {parts[2]}"))
    return found


def too_long(source: Source) -> list[str]:
    if source.is_migration:
        return []
    lines = source.text.count("\n")
    found = [f"{source.path}: {lines} lines, {LONGEST_FILE} are the limit"] if lines > LONGEST_FILE else []
    for function in functions(source.tree):
        length = (function.end_lineno or function.lineno) - function.lineno + 1
        if length > LONGEST_FUNCTION:
            found.append(
                source.fault(
                    function, f"{function.name} has {length} lines, {LONGEST_FUNCTION} are the limit"
                )
            )
    return found


def vague_names(source: Source) -> list[str]:
    words = {part.removesuffix(".py") for part in source.parts}
    return [f"{source.path}: {word} says nothing" for word in sorted(words & VAGUE_NAMES)]
