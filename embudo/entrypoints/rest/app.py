from embudo.business.billing.api import router as billing
from embudo.business.directory.api import router as directory
from embudo.business.intake.api import router as intake
from embudo.business.quota.api import router as quota
from embudo.business.sales.api import router as sales
from embudo.business.supply.api import router as supply
from embudo.foundation.access.api import router as access
from embudo.foundation.access.commands import admit_token
from embudo.foundation.activity.api import router as activity
from embudo.foundation.attributes.api import router as attributes
from embudo.foundation.documents.api import router as documents
from embudo.foundation.duplicates.api import router as duplicates
from embudo.foundation.editing.api import router as editing
from embudo.foundation.notify.api import router as notify
from embudo.foundation.recycle.api import router as recycle
from embudo.foundation.rest.api import RestAPI
from embudo.foundation.rest.requests import BearerToken
from embudo.foundation.search.api import router as search

BearerToken.read = staticmethod(admit_token)

api = RestAPI(
    title="Embudo",
    version="1",
    description=(
        "Everything people can do in Embudo, for programs. Send a token as “Authorization: Bearer emb_…”; "
        "a token can do what its owner may, or less. Errors are problem+json with a stable code."
    ),
    urls_namespace="rest",
)

# One line per module, by hand.
ROUTERS = (
    access,
    notify,
    attributes,
    recycle,
    activity,
    documents,
    search,
    duplicates,
    editing,
    directory,
    quota,
    supply,
    sales,
    intake,
    billing,
)
for router in ROUTERS:
    api.add_router("", router)
