"""What a PDF report carries inside so that it can be checked years later: the audit, the law, and a seal over both."""
