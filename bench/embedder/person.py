"""How much longer a person waits while an import keeps the machine busy."""

from functools import partial

from bench.embedder.child import Child
from bench.embedder.client import Client, Latencies
from bench.embedder.items import Items
from bench.embedder.options import Options
from bench.embedder.results import PersonResults
from bench.embedder.target import Target

PAUSE_S = 0.01
"""Between one search and the next."""
RAMP_S = 1.0
"""The import runs so long before the person comes, and is there as long afterwards."""
STREAMS = 2


def measure_person(options: Options, items: Items, target: Target) -> PersonResults:
    """Searches in turns without and beside an import of two full streams."""
    results = PersonResults()
    with Child(partial(Client, items)) as person, Child(partial(Client, items)) as importer:

        def search(name: str) -> Latencies:
            found: Latencies = person.call("person", target, name, options.person_s, PAUSE_S)
            return found

        search("warm")
        for number in range(options.rounds):
            idle = search(f"idle {number}")
            seconds = options.person_s + 2 * RAMP_S
            importer.start(
                "bulk",
                target,
                f"bulk {number}",
                seconds,
                streams=STREAMS,
                in_flight=options.in_flight,
                group=options.group,
            )
            person.call("wait", RAMP_S)
            busy = search(f"busy {number}")
            results.import_per_s.append(importer.result())
            results.idle_text_s.append(idle.texts)
            results.busy_text_s.append(busy.texts)
            results.idle_image_s.append(idle.images)
            results.busy_image_s.append(busy.images)
    return results
