"""The sender: takes due messages, and delivers each at most once over lines it keeps open, all in one thread.

The intent is committed after the server's 354 and before the first byte of the letter, with the last look in the same
transaction: whoever left meanwhile is not written to, and a death leaves one message per line in doubt, never two sent.
"""

import threading
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from authoring.releases import Releases
from base.clock import Clocks, elapsed
from base.config import Config
from base.mail_settings import Mail
from base.tokens import Signer
from emails.channel import Channel
from emails.claiming import Claims, InHand
from emails.committer import Committer
from emails.courier import NOT_BEGUN, Courier, Desk, Ready
from emails.domains import Domains, domain_of
from emails.freezing import Door
from emails.hand import Bounds, Hand
from emails.layouts import Setting
from emails.obstacles import aside, keep, keep_relay, lay_behind
from emails.pace import Pace, Paced
from emails.paces import SharedPace
from emails.press import Press
from emails.recovery import recover
from emails.results import PATIENCE, Result, Results
from emails.talks import Errands, Switchboard, Talk, finish
from emails.transports import Transport
from storage import holders
from storage.database import Database
from storage.holders import Holder
from storage.trouble import StorageUnavailable

BATCH = 12  # messages in hand per line: little to give back, and a claim that no door waits behind for long
BEAT_SECONDS, RECOVER_SECONDS = 15.0, 30.0

log = structlog.get_logger(__name__)


class Sender:
    """One per process. `channel` tells whether mail can leave at all, and why not."""

    def __init__(
        self,
        database: Database,
        releases: Releases,
        config: Config,
        clocks: Clocks,
        signer: Signer,
        transport: Transport,
        holder_name: str,
    ) -> None:
        key = config.keys().suppression
        setting = Setting(config.site.base_url, config.site.default_locale)
        tracking = config.tracking
        door = Door(config.site.base_url, signer, tracking.clicks == "consent", tracking.opens == "consent")
        self.channel = Channel()
        lines = config.mail.connections
        self._domains = Domains(
            lines, config.domain_limits, config.any_domain,
            lambda domain, count: SharedPace(database, domain, Pace.hourly(count)),
        )  # fmt: skip
        self._crowded: dict[str, datetime] = {}
        self._database, self._clocks, self._name = database, clocks, holder_name
        self._results = Results(database)
        self._claims = Claims(database, releases, Press(setting), door, key, self._results)
        self._errands = Errands()
        self._committer = Committer(database, clocks, key, self._errands)
        desk = Desk(
            self._committer, self._errands, clocks, transport, self._results, self.channel, self._domains, key,
            config.mail.return_path, config.smtp.idempotency_header,
        )  # fmt: skip
        self._couriers = [Courier(number, desk) for number in range(1, lines + 1)]
        bounds = Bounds(lines, self._domains, _paces(database, config.mail), clocks.machine, self._step_back)
        self._hand = Hand(self._take, BATCH * lines, bounds, self._errands)
        self._recover_at = self._beat_at = 0.0
        self._holder: Holder | None = None

    def drain(self, stop: threading.Event) -> int:
        """Send all that is due, until nothing is, `stop` is set or the way is blocked; returns how many were handled.

        A letter begun when `stop` is set is finished. Raises StorageUnavailable; what was learned is written later.
        """
        if self._is_closed():
            return 0
        self._keep_house()
        if self.channel.stopped and not finish(self._couriers[0].knock()):
            return 0
        self._hand.begin()
        if not self._claims.anything_due(self._clocks.moment()):
            return 0
        over = threading.Event()
        ticking = threading.Thread(target=self._tick, args=(over,), name="sender-results", daemon=True)
        ticking.start()
        try:
            self._work_all(stop)
        finally:
            over.set()
            ticking.join()
            self._put_down()
        return self._hand.handled

    def close(self) -> None:
        """Hang up."""
        for courier in self._couriers:
            courier.close()
        self._errands.close()

    def _work_all(self, stop: threading.Event) -> None:
        """Every courier, side by side in this thread; what one of them raises is raised when all are done."""
        board = Switchboard()
        try:
            board.run([self._work(courier, stop) for courier in self._couriers], self._committer.go)
        finally:
            board.close()

    def _work(self, courier: Courier, stop: threading.Event) -> Talk[None]:
        """Message after message, until nothing is due and no other line may still give one back."""
        hand, ready = self._hand, None
        try:
            while not stop.is_set() and not self._is_closed():
                ends = hand.ends
                ready = ready or self._ready(courier) or hand.take_over()
                if ready is None:
                    if not hand:
                        return
                    yield hand.rest(ends)
                    continue
                try:
                    followed = yield from courier.deliver(ready, partial(self._follow, courier))
                finally:
                    hand.done(ready.one)
                    ready = hand.take_behind(courier.number)
                if followed and not ready:
                    courier.close()  # another line took it over: what was said of it here is withdrawn
        finally:
            if ready is not None:
                hand.give_back(ready.one)

    def _follow(self, courier: Courier) -> Ready | None:
        """What goes behind the letter that this line gives now; None where there is nothing."""
        with suppress(Exception):  # whoever needs a letter next meets the same
            if found := self._ready(courier, behind=True):
                self._hand.put_behind(courier.number, found)
                return found
        return None

    def _ready(self, courier: Courier, behind: bool = False) -> Ready | None:
        """The next message with its letter; None when there is none now."""
        while one := self._hand.next(behind):
            if ready := courier.make_ready(one):
                return ready
            self._hand.done(one, had_line=not behind)
        return None

    def _is_closed(self) -> bool:
        """Nothing may leave now, nor soon."""
        return bool(self.channel.pause) or self._hand.is_held

    def _step_back(self, one: InHand, at: datetime) -> None:
        """Its domain may have no line before `at`: it is due again then, and what else is due for it is laid behind."""
        self._crowded[domain_of(one.message.recipient)] = at
        self._results.add(0, Result(one.message, one.holder, ("claimed",), aside(at), self._clocks.moment()))

    def _take(self) -> list[InHand] | None:
        now = self._clocks.moment()
        if self._holder is None or not self._claims.anything_due(now):
            return None
        return self._claims.take(self._holder, now, BATCH * len(self._couriers))

    def _tick(self, over: threading.Event) -> None:
        """Beside the lines, however long one of them waits: writes results that found no company, says that we live."""
        while not over.wait(PATIENCE / 2):
            self._results.flush(PATIENCE / 2)
            try:
                self._beat()
                self._recover()
                self._tell()
            except StorageUnavailable:
                continue
            except Exception:  # without a heart all lines of this process would be declared dead
                log.exception("the sender's house is not kept")

    def _put_down(self) -> None:
        """What is still in hand is due again; what was learned is written, or waits for the next drain."""
        now = self._clocks.moment()
        for one in self._hand.empty():
            self._results.add(0, Result(one.message, one.holder, ("claimed",), NOT_BEGUN, now))
        self._results.flush()
        with suppress(StorageUnavailable):  # the next drain tells it
            self._tell()

    def _keep_house(self) -> None:
        self._results.flush()
        self._beat()
        self._recover()
        self._tell()

    def _tell(self) -> None:
        """Write what stands in the way, for every process and for people, and lay behind what waits for it."""
        now = self._clocks.machine()
        while self._crowded:
            domain, at = self._crowded.popitem()
            lay_behind(self._database, domain, now, at, each=self._domains.each(domain))
        self._tell_of_the_relay(now)
        if news := self._domains.news():
            try:
                self._database.write(lambda conn: keep(conn, news, now))
            except StorageUnavailable:
                self._domains.put_back(news)
                raise
        for rest in filter(None, news.values()):
            log.warning("a recipient domain rests", domain=rest.domain, reason=rest.reason, until=rest.until)
            lay_behind(self._database, rest.domain, now, rest.until)

    def _tell_of_the_relay(self, now: datetime) -> None:
        news = self.channel.news()
        if news is None:
            return
        try:
            self._database.write(lambda conn: keep_relay(conn, news[0], now))
        except StorageUnavailable:
            self.channel.tell_again()
            raise

    def _recover(self) -> None:
        if elapsed() >= self._recover_at:
            self._recover_at = elapsed() + RECOVER_SECONDS
            recover(self._database, self._clocks.moment())

    def leave(self) -> None:
        """Say that we are gone, once no drain runs and all that was learned is written. Raises StorageUnavailable."""
        if (holder := self._holder) is not None and self._results.flush():
            self._holder = None
            self._database.write(lambda conn: holders.leave(conn, holder))

    def _beat(self) -> None:
        """Say that we live; whoever was declared dead meanwhile begins anew, under another number."""
        if elapsed() < self._beat_at:
            return
        now = self._clocks.machine()
        known = self._holder
        if known is None or not self._database.write(lambda conn: holders.beat(conn, known, now)):
            self._holder = self._database.write(lambda conn: holders.register(conn, self._name, now))
        self._beat_at = elapsed() + BEAT_SECONDS


def _paces(database: Database, settings: Mail) -> list[Paced]:
    """What all processes together give the mail server at most."""
    limits = {
        "*/second": settings.per_second and Pace.secondly(settings.per_second),
        "*/hour": settings.per_hour and Pace.hourly(settings.per_hour),
    }
    return [SharedPace(database, name, pace) for name, pace in limits.items() if pace]
