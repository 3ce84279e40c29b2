from pathlib import Path

from django.conf import settings

from embudo.foundation.access.models import User
from embudo.project import setup
from embudo.project.environment import env_bool


def prepare(*, is_empty: bool) -> None:
    """Makes an installation ready to serve: database, browser files and, on the very first start, the sample company."""
    setup.migrate()
    setup.collect_static()
    passwords = Path(settings.DATA) / "sample-sign-ins.txt"
    if not User.objects.exists():
        if is_empty or env_bool("EMPTY"):
            print("The installation is empty: open it in a browser to make the first administrator.")
            return
        from embudo.project.sample.load import load_sample  # noqa: PLC0415 - only the first start needs it

        print("Loading the sample company …", flush=True)
        load_sample(sign_ins=passwords)
    if passwords.exists():
        print(f"\nSign-ins (kept in {passwords}):\n{passwords.read_text()}", flush=True)
