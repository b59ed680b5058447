"""What a table leaves open is settled: days and times, orders of dates, units, keys, records told twice."""
