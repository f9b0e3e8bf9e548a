"""What several services need of others: records, bytes, streams of items."""
