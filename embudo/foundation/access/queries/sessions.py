"""Sessions in the database, as Django keeps them; found by a statement made once, for every page asks for one."""

from typing import Any

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session

from embudo.kernel import clock
from embudo.kernel.prepared import Prepared

ALIVE = Prepared(lambda key, now: Session.objects.filter(session_key=key, expire_date__gt=now))


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Any:
        found = ALIVE.first(key=self.session_key, now=clock.of_the_machine()) if self.session_key else None
        if found is None:
            self._session_key = None
        return found
