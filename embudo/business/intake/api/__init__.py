from ninja import Router

from embudo.business.intake.api.assignments import router as assignments
from embudo.business.intake.api.deliveries import router as deliveries
from embudo.business.intake.api.entries import router as entries
from embudo.business.intake.api.likenesses import router as likenesses
from embudo.business.intake.api.parts import router as parts
from embudo.business.intake.api.verifications import router as verifications

router = Router()
for part in (assignments, parts, entries, verifications, likenesses, deliveries):
    router.add_router("", part)
