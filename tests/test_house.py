"""The house rules that imports can't show. Each holds for the tree, and each catches a fault planted for it."""

import ast
import tomllib
from collections.abc import Callable

import pytest
from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI

from embudo.foundation.access import permissions
from embudo.foundation.ui.access_marks import guarded, public
from tests.house import code, doors, tree
from tests.house.source import PACKAGE, ROOT, WITH_ROOMS, Source, contracts, project_files, sources

Check = Callable[[Source], list[str]]

CODE_CHECKS: list[Check] = [
    code.upward_references,
    code.stray_writes,
    code.signals,
    code.formatted_gettext,
    code.own_clocks,
    code.inner_outside_commands,
    code.foreign_private_rooms,
    code.too_long,
    code.vague_names,
]

DIRECTORY_MODELS = "embudo/business/directory/models.py"
SALES_VIEWS = "embudo/business/sales/views.py"
SALES_COMMANDS = "embudo/business/sales/commands.py"

PLANTED: list[tuple[Check, str, str]] = [
    (code.upward_references, DIRECTORY_MODELS, 'lead = models.ForeignKey("sales.Lead", models.PROTECT)'),
    (
        code.upward_references,
        DIRECTORY_MODELS,
        'lead = models.OneToOneField(to="sales.Lead", on_delete=models.PROTECT)',
    ),
    (code.upward_references, "embudo/foundation/notify/queries.py", 'apps.get_model("billing", "Invoice")'),
    (
        code.upward_references,
        "embudo/foundation/audit/models.py",
        'note = models.ForeignKey("activity.Note", PROTECT)',
    ),
    (code.stray_writes, SALES_VIEWS, "lead.save()"),
    (code.stray_writes, SALES_VIEWS, "Lead.objects.create(name='x')"),
    (code.stray_writes, SALES_VIEWS, "Lead.objects.visible_to(actor).filter(pk=1).update(name='x')"),
    (code.stray_writes, SALES_VIEWS, "lead.delete()"),
    (code.stray_writes, SALES_VIEWS, "lead.notes.create(text='x')"),
    (code.stray_writes, SALES_VIEWS, "Lead.objects.bulk_update(leads, ['name'])"),
    (code.stray_writes, SALES_VIEWS, "from embudo.kernel.change import update"),
    (code.stray_writes, SALES_VIEWS, "from embudo.kernel import change"),
    (code.stray_writes, SALES_VIEWS, "cursor.execute('UPDATE sales_lead SET name = 1')"),
    (code.signals, "embudo/business/sales/apps.py", "from django.db.models.signals import post_save"),
    (code.signals, "embudo/business/sales/apps.py", "from django.dispatch import receiver"),
    (code.signals, "embudo/foundation/access/apps.py", "from allauth.account import signals"),
    (code.formatted_gettext, SALES_VIEWS, "_(f'Lead {name}')"),
    (code.formatted_gettext, SALES_VIEWS, "gettext('Lead %s' % name)"),
    (code.formatted_gettext, SALES_VIEWS, 'f\'<b>{text(pgettext("filter", "all"))}</b>\''),
    (code.formatted_gettext, SALES_VIEWS, "ngettext('{n} lead'.format(n=n), 'leads', n)"),
    (code.own_clocks, SALES_COMMANDS, "datetime.now(UTC)"),
    (code.own_clocks, SALES_COMMANDS, "datetime.date.today()"),
    (code.own_clocks, SALES_COMMANDS, "timezone.now()"),
    (code.own_clocks, SALES_COMMANDS, "timezone.localdate()"),
    (code.own_clocks, SALES_COMMANDS, "from time import time"),
    (code.own_clocks, "embudo/business/sales/models.py", "made = models.DateTimeField(auto_now_add=True)"),
    (code.inner_outside_commands, SALES_VIEWS, "convert_lead.inner(actor, lead)"),
    (
        code.foreign_private_rooms,
        "embudo/business/billing/urls.py",
        "from embudo.business.sales.views import Leads",
    ),
    (
        code.foreign_private_rooms,
        "embudo/business/billing/urls.py",
        "from embudo.business.sales import reactions",
    ),
    (code.too_long, SALES_VIEWS, "pass\n" * 401),
    (code.too_long, SALES_VIEWS, "def long() -> None:\n" + "    pass\n" * 50),
    (code.vague_names, "embudo/business/sales/utils.py", ""),
    (code.vague_names, "embudo/business/sales/commands/services/lead.py", ""),
]

HARMLESS: list[tuple[Check, str, str]] = [
    (
        code.upward_references,
        "embudo/business/sales/models.py",
        'models.ForeignKey("directory.Company", PROTECT)',
    ),
    (
        code.upward_references,
        "embudo/kernel/models.py",
        "models.ForeignKey(settings.AUTH_USER_MODEL, PROTECT)",
    ),
    (code.stray_writes, SALES_COMMANDS, "lead.save()"),
    (
        code.stray_writes,
        SALES_VIEWS,
        "context.update(title='x')\nseen.discard(1)\ncursor.execute('SELECT 1')",
    ),
    (code.signals, "embudo/foundation/access/apps.py", "from django.db.models.signals import post_migrate"),
    (code.formatted_gettext, SALES_VIEWS, "_('Lead %(name)s') % {'name': name}"),
    (code.stray_writes, SALES_VIEWS, "request.session.save()\nimage.save(drawn)"),
    (code.own_clocks, SALES_COMMANDS, "clock.now()\ntimezone.localtime(lead.created)"),
    (code.inner_outside_commands, SALES_COMMANDS, "register_company.inner(actor)"),
]


def label(check: Check) -> str:
    return getattr(check, "__name__", "check")


@pytest.mark.parametrize("check", CODE_CHECKS, ids=label)
def test_code_keeps_the_house_rule(check: Check) -> None:
    faults = [fault for source in sources() for fault in check(source)]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(("check", "where", "text"), PLANTED)
def test_planted_fault_is_caught(check: Check, where: str, text: str) -> None:
    assert check(Source(where, text))


@pytest.mark.parametrize(("check", "where", "text"), HARMLESS)
def test_harmless_code_is_left_alone(check: Check, where: str, text: str) -> None:
    assert check(Source(where, text)) == []


def test_every_code_check_has_a_planted_fault() -> None:
    assert {check for check, _, _ in PLANTED} == set(CODE_CHECKS)


# -- the tree


@pytest.mark.parametrize("storey", WITH_ROOMS)
def test_every_module_is_named_in_the_contracts(storey: str) -> None:
    assert tree.unnamed_modules(storey, tree.module_folders(storey)) == []


def test_unnamed_module_is_caught() -> None:
    assert tree.unnamed_modules("business", {"sales", "gossip"}) == [
        "business/gossip is not named in the import contract"
    ]


def test_rooms_contract_names_every_foundation_module() -> None:
    contract = next(one for one in contracts() if one["name"] == "Rooms of the foundation modules")
    modules = {str(name).rpartition(".")[2] for name in contract["containers"]}  # type: ignore[attr-defined]
    assert modules == tree.module_folders("foundation") - tree.FREE_PLAN


def test_modules_have_only_rooms() -> None:
    assert tree.rooms_in_tree() == []


def test_stray_room_is_caught() -> None:
    assert tree.foreign_rooms("sales", ["views.py", "services.py", "tests"]) == [
        "sales/services.py is no room"
    ]


def test_every_command_has_a_test_named_after_it() -> None:
    assert tree.untested_commands(sources()) == []


def test_untested_command_is_caught() -> None:
    command = Source(SALES_COMMANDS, "@command(CONVERT_LEAD)\ndef convert_lead(actor, lead):\n    pass\n")
    test = Source(
        "embudo/business/sales/tests/test_commands.py", "def test_convert_lead_opens_opportunity(): pass"
    )
    elsewhere = Source("embudo/business/billing/tests/test_commands.py", test.text)
    assert tree.untested_commands([command, test]) == []
    assert len(tree.untested_commands([command, elsewhere])) == 1


def test_documented_settings_are_those_read() -> None:
    assert (
        tree.settings_faults(
            tree.settings_read(sources()), tree.settings_documented(tree.page("docs/settings.md"))
        )
        == []
    )


def test_undocumented_and_unread_settings_are_caught() -> None:
    read = tree.settings_read(
        [Source("embudo/project/settings.py", 'A = env("PORT")\nB = os.environ["COLOUR"]')]
    )
    assert read == {"PORT", "COLOUR"}
    documented = tree.settings_documented("| `PORT` | 8000 |\n| `SHAPE` | round |")
    assert [fault.split()[0] for fault in tree.settings_faults(read, documented)] == ["COLOUR", "SHAPE"]


def test_no_file_names_a_registry_or_a_machine_path() -> None:
    names = {file: file.relative_to(ROOT).as_posix() for file in project_files()}
    faults = [
        fault for file, name in names.items() for fault in tree.hosts_and_paths(name, tree.read_text(file))
    ]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "text", [f"https://{tree.REGISTRIES[0]}/simple", "open('/" + "root/x')", "see /" + "work/main"]
)
def test_registry_and_machine_path_are_caught(text: str) -> None:
    assert len(tree.hosts_and_paths("Makefile", text)) == 1


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_lock_is_free_of_forbidden_packages(lock: str) -> None:
    assert tree.forbidden_packages(tree.page(lock)) == []


def test_forbidden_package_is_caught() -> None:
    assert tree.forbidden_packages("django==5.2.19 \\\nniquests==3.1 \\\n") == ["niquests"]


def test_tools_are_locked_over_the_same_versions() -> None:
    assert tree.lock_faults(tree.page("requirements.txt"), tree.page("requirements-dev.txt")) == []


def test_differing_lock_is_caught() -> None:
    assert len(tree.lock_faults("django==5.2.19 \\\n", "django==5.2.18 \\\n")) == 1


def test_dependencies_of_the_wheel_are_those_of_the_lock() -> None:
    project = tomllib.loads(tree.page("pyproject.toml"))["project"]
    assert project["dependencies"] == tree.dependency_lines(tree.page("requirements.in"))


def test_every_file_parses_as_python() -> None:
    assert all(isinstance(source.tree, ast.Module) for source in sources())
    assert len(sources()) == len([file for file in PACKAGE.rglob("*.py") if "__pycache__" not in file.parts])


# -- the doors


def test_every_url_says_who_may_use_it() -> None:
    assert doors.unguarded_urls(doors.all_urls()) == []


def test_every_api_operation_says_who_may_use_it() -> None:
    from embudo.entrypoints.rest.app import api

    assert doors.unguarded_operations(api) == []


def answer(_request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def test_unguarded_url_is_caught() -> None:
    def open_answer(_request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    guarded_answer = guarded(permissions.MANAGE_ROLES)(answer)
    entries = [path("a/", answer), path("b/", public(open_answer)), path("c/", guarded_answer)]
    assert doors.unguarded_urls(entries) == ["/a/"]


def test_unguarded_operation_is_caught() -> None:
    api = NinjaAPI(urls_namespace="house")
    api.get("/leads")(lambda request: [])
    assert doors.unguarded_operations(api) == ["GET /leads"]
