"""One table dealt out to the logs it feeds: columns, answers to questions, lots and codes in cells."""
