"""Who is exposed: from a failed test, a lot or a recall to the sessions and clients that it reaches, and back."""
