import secrets
import string
from dataclasses import dataclass, field
from random import Random

from embudo.foundation.access import commands, queries
from embudo.foundation.access.models import Team, User
from embudo.kernel.actor import Actor, system_actor
from embudo.project.sample.source import Agent

SYSTEM = system_actor("sample company")
SELLER, MANAGER = "Darcel Schlecht", "Melvin Marxen"
SIGN_INS = {
    "admin": "Alex Moreau", "manager": MANAGER, "seller": SELLER, "collector": "Robin Vale", "operator": "Iga Sosna",
    "supervisor": "Teodor Grab", "coordinator": "Lena Wierzba", "principal": "Marek Dębina", "verifier": "Nina Olcha",
    "officer": "Pilar Ocampo", "approver": "Henrik Solberg", "till": "Counter",
}  # fmt: skip
INBOUND = "Inbound sales"  # who gets the leads of the web form: the one seller with a sign-in
ORIGIN = "sample"

FIRST = (  # noqa: SIM905 - a list of sixty quoted names is no better to read
    "Ada Amir Anaïs Bea Bruno Carla Chen Clara Dario Elif Emma Erik Farah Felix Gosia Hana Hugo Ines Ivan Jana Jonas Jun "
    "Kamil Lea Liam Lucía Łukasz Maja Malik Marta Mateo Mina Nadia Noah Nora Olga Omar Pablo Petra Priya Rafael Rosa Samir "
    "Sofia Søren Tariq Tomás Ursula Vera Viktor Wanda Yara Yusuf Zoë Zofia"
).split()
LAST = (  # noqa: SIM905 - as above
    "Abbott Adeyemi Álvarez Andersen Baker Bauer Bergström Brandt Castro Chowdhury Cohen Costa Dąbrowski Diallo Dubois "
    "Eriksen Fischer Fontaine Garcia Green Haddad Hoffmann Horvat Ito Jansen Kamara Kim Kowalski Kozłowska Larsen Lefèvre "
    "Lindgren Lopez Mensah Meyer Moretti Müller Navarro Nowak Oakley Okafor Olsen Park Peeters Petrov Pires Quinn Reyes "
    "Rossi Sato Schmidt Silva Singh Sørensen Tanaka Torres Vasile Weber Wójcik Young Zając"
).split()
JOBS = (
    "Head of IT", "Purchasing manager", "Chief financial officer", "Operations director", "Procurement specialist",
    "System administrator", "Office manager", "Chief executive officer",
)  # fmt: skip


@dataclass
class Staff:
    """The users by name, and each as an actor."""

    users: dict[str, User] = field(default_factory=dict)
    passwords: dict[str, str] = field(default_factory=dict)  # address -> password
    known: dict[str, Actor] = field(default_factory=dict)
    inbound: str = ""  # the short name of the role that gets the web form's leads

    def actor(self, name: str) -> Actor:
        if name not in self.known:
            self.known[name] = queries.actor_of(self.users[name], origin=ORIGIN)
        return self.known[name]

    @property
    def admin(self) -> Actor:
        return self.actor(SIGN_INS["admin"])

    @property
    def collector(self) -> Actor:
        return self.actor(SIGN_INS["collector"])

    def hire(self, name: str, *roles: str, manager: User | None = None, team: Team | None = None) -> User:
        """A user; those who sign in get a password, the others none."""
        door = next((door for door, who in SIGN_INS.items() if who == name), "")
        email = f"{door or name.lower().replace(' ', '.')}@example.com"
        user = commands.create_user(
            SYSTEM,
            email=email,
            name=name,
            roles=roles,
            password=self.passwords.get(email),
            manager=manager,
            team=team,
        )
        self.users[name] = user
        return user


def passwords(given: str | None) -> dict[str, str]:
    return {f"{door}@example.com": given or _random_password() for door in SIGN_INS}


def _random_password() -> str:
    """Four groups that can be typed from paper: no letter looks like another."""
    letters = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("l1o0i")))
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def hire_everybody(agents: list[Agent], given: str | None) -> Staff:
    staff = Staff(passwords=passwords(given))
    staff.hire(SIGN_INS["admin"], "administrator")
    staff.hire(SIGN_INS["collector"], "collector")
    staff.inbound = commands.create_role(staff.admin, name=INBOUND).slug
    teams = {
        office: commands.create_team(staff.admin, name=office)
        for office in sorted({one.office for one in agents})
    }
    for agent in agents:
        if agent.manager not in staff.users:
            staff.hire(agent.manager, "manager", team=teams[agent.office])
        roles = ("seller", staff.inbound) if agent.name == SELLER else ("seller",)
        staff.hire(agent.name, *roles, manager=staff.users[agent.manager], team=teams[agent.office])
    return staff


def full_name(random: Random) -> tuple[str, str]:
    return random.choice(FIRST), random.choice(LAST)
