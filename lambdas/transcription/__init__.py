"""Amazon Transcribe's reports become transcripts."""
