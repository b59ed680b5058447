"""Many studios at once: packed into buckets, audited bucket by bucket on one machine or many, told as one."""
