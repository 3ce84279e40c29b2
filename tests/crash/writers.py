import json
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field

WRITERS = 4
PAUSE = 0.05  # seconds between two leads of one writer: enough load, and a queue that can be worked off


@dataclass
class Writers:
    """Programs that send leads until told to end, and keep what they were told. Unanswered ones are sent again."""

    url: str
    key: str
    acknowledged: dict[str, str] = field(default_factory=dict)  # what was sent -> the lead's id
    surprises: list[str] = field(default_factory=list)
    unanswered: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.is_ending = threading.Event()
        self.threads = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]

    def start(self) -> None:
        for thread in self.threads:
            thread.start()

    def stop(self) -> None:
        self.is_ending.set()
        for thread in self.threads:
            thread.join()

    def _write(self, writer: int) -> None:
        number = 0
        while not self.is_ending.is_set():
            number += 1
            text = f"writer-{writer}-{number}"
            self.unanswered.add(text)
            for _try in range(3):
                if self.send(text):
                    break
                self.is_ending.wait(0.2)
            self.is_ending.wait(PAUSE)

    def finish(self, seconds: float = 60) -> None:
        """Sends again what never got an answer, with its old key, until it has one."""
        end = time.monotonic() + seconds
        while self.unanswered and time.monotonic() < end:
            for text in sorted(self.unanswered):
                self.send(text)
            time.sleep(0.1)

    def send(self, text: str) -> bool:
        """One POST. False when no answer came, or the first call with this key counts as still running."""
        body = json.dumps(
            {"name": f"Visitor {text}", "email": f"{text}@example.com", "message": text}
        ).encode()
        headers = {"Content-Type": "application/json", "X-Form-Key": self.key, "Idempotency-Key": text}
        request = urllib.request.Request(f"{self.url}/api/v1/leads", data=body, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self._note(text, json.load(answer)["id"])
                return True
        except urllib.error.HTTPError as fault:
            if fault.code not in (409, 503):
                self.surprises.append(f"{text}: {fault.code} {fault.read()[:300]!r}")
        except (OSError, ValueError):
            pass
        except Exception as fault:  # noqa: BLE001 - half an answer has many names (http.client)
            if "IncompleteRead" not in type(fault).__name__ and "Disconnected" not in type(fault).__name__:
                self.surprises.append(f"{text}: {fault!r}")
        return False

    def _note(self, text: str, lead_id: str) -> None:
        if self.acknowledged.setdefault(text, lead_id) != lead_id:
            self.surprises.append(f"{text}: two leads, {self.acknowledged[text]} and {lead_id}")
        self.unanswered.discard(text)
