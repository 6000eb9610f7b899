"""How examples are sought by hypothesis, everywhere: without a time limit, since a busy machine is not a failure."""

from hypothesis import HealthCheck, settings

settings.register_profile("triad", deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("triad")
