from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from ninja import Query, Router

from embudo.foundation.notify import commands, permissions, queries
from embudo.foundation.rest.operations import operation
from embudo.foundation.rest.paging import Filters, page_of
from embudo.foundation.rest.requests import Request, if_match
from embudo.foundation.rest.schemas import Named, Out, Page

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


class FollowersOut(Out):
    followers: list[Named]


@router.get("/followers/{kind}/{uuid:record_id}", response=FollowersOut, summary="Who follows a record")
@operation(permissions.FOLLOW)
def list_followers(request: Request, kind: str, record_id: UUID) -> Any:
    return {"followers": queries.followers(queries.followed_record(request.actor, kind, record_id))}


@router.put("/followers/{kind}/{uuid:record_id}", response=FollowersOut, summary="Follow a record")
@operation(commands.follow_record)
def follow_record(request: Request, kind: str, record_id: UUID) -> Any:
    record = commands.follow_record(request.actor, queries.followed_record(request.actor, kind, record_id))
    return {"followers": queries.followers(record)}


@router.delete("/followers/{kind}/{uuid:record_id}", response={204: None}, summary="Stop following a record")
@operation(commands.unfollow_record)
def unfollow_record(request: Request, kind: str, record_id: UUID) -> None:
    record = queries.followed_record(request.actor, kind, record_id)
    commands.unfollow_record(request.actor, record, version=if_match(request))
