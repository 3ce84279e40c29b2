from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router

from embudo.foundation.notify import commands, permissions, queries
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request
from embudo.foundation.rest.schemas import Out, Page

router = Router(tags=["Notifications"])


class NotificationOut(Out):
    id: UUID
    kind: str
    title: str
    body: str
    url: str
    at: datetime
    times: int
    read: datetime | None
    version: int


class ReadOut(Out):
    count: int


class NotificationFilters(Filters):
    sort: Literal["-at"] = "-at"
    unread: bool | None = None


@router.get("/notifications", response=Page[NotificationOut], summary="List your notifications")
@operation(permissions.OWN_NOTIFICATIONS)
def list_notifications(request: Request, filters: Query[NotificationFilters]) -> Any:
    return page_of(queries.notifications(request.actor, **filters.chosen()), filters)


@router.post("/notifications/{uuid:notification_id}/read", response=NotificationOut, summary="Mark as read")
@operation(commands.mark_notification_read)
def mark_notification_read(request: Request, notification_id: UUID) -> Any:
    return commands.mark_notification_read(
        request.actor, queries.notification(request.actor, notification_id)
    )


@router.post("/notifications/read", response=ReadOut, summary="Mark all as read")
@operation(commands.mark_all_notifications_read)
def mark_all_notifications_read(request: Request) -> Any:
    return {"count": commands.mark_all_notifications_read(request.actor)}
