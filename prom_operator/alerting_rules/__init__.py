"""PrometheusRules -> rule files. Pure."""
