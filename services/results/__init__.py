"""Result sets: Arrow batches kept in the session's process, shown by windows of exact text."""
