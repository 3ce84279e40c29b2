from ninja import Router

from embudo.business.quota.api.accounts import router as accounts
from embudo.business.quota.api.changes import router as changes
from embudo.business.quota.api.till import router as till

router = Router()
for part in (till, accounts, changes):
    router.add_router("", part)
