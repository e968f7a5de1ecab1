"""What video-pipeline does: intake, media, transcripts, chunks, search and answers, without a host around them."""
