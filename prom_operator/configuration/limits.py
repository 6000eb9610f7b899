"""Limits of a scrape: the lower one of what the monitor says and what the Prometheus enforces."""

from __future__ import annotations

from typing import Any

from prom_operator.api.shared import Limits
from prom_operator.configuration.context import Context
from prom_operator.configuration.left_out import LeftOut
from prom_operator.configuration.size import size

# Name, and the release that brought it: an older Prometheus refuses the whole file for a field it does not know.
NUMBERS = (
    ("sample_limit", (2, 0)),
    ("target_limit", (2, 21)),
    ("label_limit", (2, 27)),
    ("label_name_length_limit", (2, 27)),
    ("label_value_length_limit", (2, 27)),
    ("keep_dropped_targets", (2, 47)),
)
LARGEST = 2**63 - 1
GLOBAL_LIMITS = (2, 45)
"""From here on the global section holds for jobs that say nothing."""
_PROTOCOLS = {
    "PrometheusProto": (2, 49),
    "OpenMetricsText0.0.1": (2, 49),
    "OpenMetricsText1.0.0": (2, 49),
    "PrometheusText0.0.4": (2, 49),
    "PrometheusText1.0.0": (3, 0),
}


def limits(given: Limits, context: Context) -> dict[str, Any]:
    """The limits of one job."""
    said: dict[str, Any] = {}
    for name, since in NUMBERS:
        number = _lower(getattr(given, name), getattr(context.spec, f"enforced_{name}"), context)
        if number is not None and context.version >= since:
            if not 0 <= number <= LARGEST:
                raise LeftOut("InvalidLimit", f"{name}: {number} is out of range")
            said[name] = number
    if given.scrape_protocols and context.since(2, 49):
        said["scrape_protocols"] = protocols(given.scrape_protocols, context)
    if given.fallback_scrape_protocol is not None and context.since(3, 0):
        said["fallback_scrape_protocol"] = protocols((given.fallback_scrape_protocol,), context)[0]
    if given.native_histogram_bucket_limit and context.since(2, 45):
        if not 0 <= given.native_histogram_bucket_limit <= LARGEST:
            raise LeftOut("InvalidLimit", "nativeHistogramBucketLimit is out of range")
        said["native_histogram_bucket_limit"] = given.native_histogram_bucket_limit
    if given.scrape_classic_histograms is not None and context.since(2, 45):
        name = "always_scrape_classic_histograms" if context.since(3, 0) else "scrape_classic_histograms"
        said[name] = given.scrape_classic_histograms
    body = _body(given.body_size_limit, context)
    if body is not None and context.since(2, 28):
        said["body_size_limit"] = body
    return said


def protocols(given: tuple[str, ...], context: Context) -> list[str]:
    """Names of scrape protocols. Raises LeftOut for one that this Prometheus does not speak, or that stands twice."""
    for name in given:
        if context.version < _PROTOCOLS.get(name, (10**6,)):
            raise LeftOut(
                "InvalidScrapeProtocol", f"scrapeProtocols: Prometheus {context.version} does not know {name!r}"
            )
    if len(set(given)) != len(given):
        raise LeftOut("InvalidScrapeProtocol", "scrapeProtocols: one stands there twice")
    return list(given)


def _lower(own: int | None, enforced: int | None, context: Context) -> int | None:
    if not enforced:
        return own
    if not own:
        return None if context.version >= GLOBAL_LIMITS else enforced
    return min(own, enforced)


def _body(own: str | None, context: Context) -> str | None:
    enforced = context.spec.enforced_body_size_limit
    own_bytes = size(own) if own else None
    if own and own_bytes is None:
        raise LeftOut("InvalidLimit", f"bodySizeLimit: {own!r} is not a size such as 10MB")
    if not enforced:
        return own or None
    enforced_bytes = size(enforced)
    if not own_bytes:
        return None if context.version >= GLOBAL_LIMITS else enforced
    return own if enforced_bytes is not None and own_bytes < enforced_bytes else enforced
