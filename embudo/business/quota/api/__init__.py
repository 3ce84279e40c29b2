from ninja import Router

from embudo.business.quota.api.accounts import router as accounts
from embudo.business.quota.api.till import router as till

router = Router()
for part in (till, accounts):
    router.add_router("", part)
