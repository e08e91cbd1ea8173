"""What is counted, for Prometheus. No label ever names a person, a host or anything a member wrote."""

from prometheus_client import Counter, Gauge, Histogram

DELIVERIES = Counter("fs_deliveries", "Tries to deliver, by what they came to", ["outcome"])
DELIVERY_AGE = Histogram(
    "fs_delivery_age_seconds",
    "From queueing to the 2xx of the other server",
    buckets=(0.1, 0.5, 1, 2, 5, 15, 60, 300, 1800, 7200, 43200, 172800, 604800),
)
INBOX = Counter("fs_inbox", "Activities that came in, by what became of them", ["outcome"])
GATHERINGS = Counter("fs_gatherings", "Searches for the rest of a thread, by how they ended", ["outcome"])
GATHERED = Counter("fs_gathered", "Posts found by such a search, by what became of them", ["outcome"])
DATABASE_SECONDS = Counter("fs_database_seconds", "Time spent waiting for the database")
DATABASE_QUERIES = Counter("fs_database_queries", "Round trips to the database")
DATABASE_UP = Gauge("fs_database_up", "Whether the database answered this scrape")

DELIVERIES_WAITING = Gauge("fs_deliveries_waiting", "Deliveries that wait")
DELIVERIES_OLDEST = Gauge("fs_deliveries_oldest_seconds", "Age of the oldest delivery that waits")
HOSTS_WAITING = Gauge("fs_hosts_waiting", "Hosts for which something waits")
OPEN_CIRCUITS = Gauge("fs_open_circuits", "Hosts that are not called because they do not answer")
GATHERINGS_WAITING = Gauge("fs_gatherings_waiting", "Threads whose rest is being looked for, or will be")
INBOX_WAITING = Gauge("fs_inbox_waiting", "Activities that wait to be processed")
INBOX_OLDEST = Gauge("fs_inbox_oldest_seconds", "Age of the oldest activity that waits")
INBOX_PARKED = Gauge("fs_inbox_parked", "Activities that cannot be processed and wait for an admin")
