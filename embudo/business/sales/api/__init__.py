from ninja import Router

from embudo.business.sales.api.leads import router as leads
from embudo.business.sales.api.opportunities import router as opportunities
from embudo.business.sales.api.sources import router as sources

router = Router()
for part in (leads, opportunities, sources):
    router.add_router("", part)
