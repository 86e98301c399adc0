"""How fast grades reach gradebooks, beside a bare kept-alive `requests` client with 16 threads against the same server.

The worker is the real program, on a database seeded with grades that all become wanted at once. Without arguments every
scenario is measured over several rounds, and medians are printed. With `--token-url` and `--line-items-url` any AGS
server is measured, in one round.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import requests
from _ags_world import Gradebook, World, accepted, environment, fresh_database, running, seed

FLOOR_THREADS = 16
ROUND_TAKES_AT_MOST_S = 60.0
WORKER_THREADS = 4
CLICKS = 10
SCORE = "application/vnd.ims.lis.v1.score+json"


@dataclass(frozen=True)
class Figures:
    """What one scenario gave."""

    scores_per_s: float
    floor_scores_per_s: float
    ratio: float
    accepted: int


def main() -> None:
    """Measure what was asked for, and print it."""
    asked = _arguments()
    if asked.token_url:
        figures = one_server(Gradebook(asked.token_url, asked.line_items_url), asked.grades, asked.workers)
        _print({"the server given": figures}, as_json=asked.json)
        return
    count, rounds = asked.grades, asked.rounds
    with own_server() as url:
        alone = measure([_book(url, "p0")], count, asked.workers, rounds)
        if asked.json:
            _print({"one platform": alone}, as_json=True)
            return
        found = {"one platform": alone, "ten platforms": measure(_books(url, 10), count, asked.workers, rounds)}
        nine = measure(_books(url, 9), count, 1, rounds, with_floor=False)
        dead = measure([*_books(url, 9), _book(url, "dead/p9")], count, 1, rounds, with_floor=False)
        took = clicks(_book(url, "p0"), CLICKS)
    with own_server(latency_ms=50) as url:
        slow = {
            workers: measure([_book(url, "p0")], count, workers, rounds, postgresql=True, with_floor=False)
            for workers in (1, 2)
        }
    _print(found, as_json=False)
    print(f"\nnine platforms alone {nine.scores_per_s:.0f}/s, beside a dead one {dead.scores_per_s:.0f}/s:", end=" ")
    print(f"{1 - dead.scores_per_s / nine.scores_per_s:.1%} slower")
    print(
        f"50 ms away, PostgreSQL: one worker {slow[1].scores_per_s:.0f}/s, two {slow[2].scores_per_s:.0f}/s:", end=" "
    )
    print(f"{slow[2].scores_per_s / slow[1].scores_per_s:.2f} times")
    print(f"one click, accepted after: {statistics.median(took):.2f} s (median of {CLICKS}), {max(took):.2f} s at most")


def measure(
    gradebooks: list[Gradebook],
    count: int,
    workers: int,
    rounds: int,
    *,
    postgresql: bool = False,
    with_floor: bool = True,
) -> Figures:
    """Medians over the rounds; each has its floor just before. Dead platforms' grades do not count."""
    columns_each = max(1, 10 // len(gradebooks))
    learners = max(1, count // (columns_each * len(gradebooks)))
    alive = [number for number, each in enumerate(gradebooks) if "/dead/" not in each.token_url]
    wanted = len(alive) * columns_each * learners
    with fresh_database(postgresql=postgresql or workers > 1) as url:
        world = seed(url, gradebooks, learners, columns_each)
        platform_ids = [world.platform_ids[number] for number in alive]
        others = world.other_columns(gradebooks[alive[0]], 10) if with_floor else []
        speeds, floors, ratios = [], [], []
        with workers_on(url, workers):
            for _ in range(rounds):
                floor = floor_speed(world.token(), others, world.subs, wanted) if with_floor else 0.0
                speeds.append(_drain(world, wanted, platform_ids))
                floors.append(floor)
                ratios.append(speeds[-1] / floor if floor else 0.0)
        world.database.dispose()
    speed, floor, ratio = (round(statistics.median(each), 3) for each in (speeds, floors, ratios))
    return Figures(speed, floor, ratio, wanted)


def clicks(gradebook: Gradebook, count: int) -> list[float]:
    """For how long a grade is under way that is wanted alone, from the click's commit, in seconds."""
    with fresh_database(postgresql=False) as url:
        world = seed(url, [gradebook], 1, 1)
        with workers_on(url, 1):
            took = [_under_way(world) for _ in range(count)]
        world.database.dispose()
    return took


def one_server(gradebook: Gradebook, count: int, workers: int) -> Figures:
    """One round against a server that is not ours: so many grades, for as many pairs of line item and user."""
    columns = min(10, count)
    learners = -(-count // columns)
    with fresh_database(postgresql=workers > 1) as url:
        world = seed(url, [gradebook], learners, columns)
        others = world.other_columns(gradebook, columns)
        with workers_on(url, workers):
            floor = floor_speed(world.token(), others, world.subs, count)
            wanted = world.want(count)
            done, speed = _wait(world, wanted, count, None)
        world.database.dispose()
    return Figures(round(speed, 3), round(floor, 3), round(speed / floor, 3), done)


def floor_speed(token: str, columns: list[str], subs: list[str], count: int) -> float:
    """Scores per second of a client that does nothing else: 16 threads, a kept-alive session each."""
    pairs = [(column, sub) for column in columns for sub in subs][:count]
    local = threading.local()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": SCORE}

    def post(pair: tuple[str, str]) -> int:
        if not hasattr(local, "session"):
            local.session = requests.Session()
        column, sub = pair
        score = {
            "userId": sub,
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "scoreGiven": 60.0,
            "scoreMaximum": 100.0,
            "activityProgress": "Completed",
            "gradingProgress": "FullyGraded",
        }
        path, question, query = column.partition("?")
        url = f"{path}/scores{question}{query}"
        answer: requests.Response = local.session.post(url, data=json.dumps(score), headers=headers, timeout=10)
        return answer.status_code

    with ThreadPoolExecutor(FLOOR_THREADS) as pool:
        started = time.perf_counter()
        statuses = list(pool.map(post, pairs))
        took = time.perf_counter() - started
    refused = [status for status in statuses if not 200 <= status < 300]
    if refused:
        sys.exit(f"The server refused {len(refused)} scores of the floor, the first with {refused[0]}.")
    return len(pairs) / took


@contextmanager
def workers_on(url: str, count: int) -> Iterator[None]:
    """So many worker programs, once they are ready."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        logs = [folder / f"worker-{number}" for number in range(count)]
        for log in logs:
            command = (sys.executable, "-m", "lti_tool", "worker", "--threads", str(WORKER_THREADS))
            stack.enter_context(running(*command, environment=environment(url), log=log))
        until = time.monotonic() + ROUND_TAKES_AT_MOST_S
        while not all("worker.started" in log.read_text() for log in logs):
            if time.monotonic() > until:
                sys.exit("A worker does not start:\n" + "\n".join(log.read_text() for log in logs))
            time.sleep(0.05)
        yield


@contextmanager
def own_server(latency_ms: int = 0) -> Iterator[str]:
    command = (sys.executable, str(Path(__file__).with_name("_ags_server.py")), str(latency_ms))
    with running(*command, environment={}) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"


def _drain(world: World, count: int, platform_ids: list[int]) -> float:
    done, speed = _wait(world, world.want(), count, platform_ids)
    if done < count:
        sys.exit(f"Only {done} of {count} grades were accepted.")
    return speed


def _under_way(world: World) -> float:
    wanted = world.want(1)
    if not _wait(world, wanted, 1, None)[0]:
        sys.exit("A grade was not accepted.")
    return (world.last_accepted() - wanted).total_seconds()


def _wait(world: World, wanted: datetime, count: int, platform_ids: list[int] | None) -> tuple[int, float]:
    until = time.monotonic() + ROUND_TAKES_AT_MOST_S
    while (done := accepted(world, platform_ids)) < count and time.monotonic() < until:
        time.sleep(0.05)
    return done, done / (world.last_accepted() - wanted).total_seconds()


def _book(url: str, name: str) -> Gradebook:
    return Gradebook(f"{url}/{name}/token", f"{url}/{name}/lineitems")


def _books(url: str, count: int) -> list[Gradebook]:
    return [_book(url, f"p{number}") for number in range(count)]


def _print(found: dict[str, Figures], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps(asdict(next(iter(found.values())))))
        return
    print(f"{'':20}{'scores/s':>10}{'floor/s':>10}{'ratio':>8}{'accepted':>10}")
    for name, each in found.items():
        print(f"{name:20}{each.scores_per_s:10.0f}{each.floor_scores_per_s:10.0f}{each.ratio:8.2f}{each.accepted:10}")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--json", action="store_true", help="print one line of JSON")
    parser.add_argument("--token-url", help="the token endpoint of an AGS server")
    parser.add_argument("--line-items-url", help="and where its line items are made")
    parser.add_argument("--grades", type=int, default=2000)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    if bool(asked.token_url) != bool(asked.line_items_url):
        parser.error("--token-url and --line-items-url go together")
    return asked


if __name__ == "__main__":
    main()
