"""What the box says: sentences, their speech, and how callers are guided."""
