"""What the estimate of costs takes for granted: what an installation does at rest, and what an hour of video is.

Where nothing else is said it is an assumption, meant to be rather too high than too low.
"""

from __future__ import annotations

from typing import Final

from video_pipeline.topology import CHUNKING, EMBEDDING, INGEST, SUMMARY_FUNCTION, TRANSCRIPTION_FUNCTION

# ---------------------------------------------------------------------------------------------- at rest
# A pass of the sweeper over a ledger in which nothing is to be done, and what Lambda logs about it.
SWEEP_SECONDS: Final = 0.2
CALL_LOG_BYTES: Final = 500
# Lambda's documentation of SQS event sources: five at the least ask each queue, for up to 20 s a time.
POLLERS: Final = 5
POLL_SECONDS: Final = 20
# Aurora's smallest volume, and its size while it is awake and nobody asks much.
DATABASE_GB: Final = 10
AWAKE_ACU: Final = 0.5
RESUME_SECONDS: Final = 30
# Container Insights: metrics of a cluster and of a service. Those of tasks come and go with them.
INSIGHT_METRICS: Final = 8 + 11
# Ten images that share most of their layers.
IMAGES_GB: Final = 2

# ------------------------------------------------------------------------------------ an hour of video
# 720p, H.264 at 2.3 Mbit/s with sound, sent in parts of 16 MiB.
VIDEO_GB: Final = 1.09
UPLOAD_PARTS: Final = 65
# Measured on such a film with two cores: fingerprint, probe, poster, 120 stills and the sound took 8.6 s.
MEDIA_SECONDS: Final = 9
# Fetching the film from S3, and the sound back to it.
TRANSFER_SECONDS: Final = 15
# CPU seconds for a second of sound. pocketsphinx: measured, 0.3 to 0.7 (docs/decisions/0005-speech-engines.md).
# whisper: a small model on four cores; not measured.
SPEECH_FACTOR: Final = {"transcribe": 0.0, "pocketsphinx": 0.5, "whisper": 0.5}
# A task that is started for one film alone: pulling its image, and AWS's quarter of an hour before it scales in.
START_SECONDS: Final = 60
IDLE_SECONDS: Final = 900
FREE_SCRATCH_GB: Final = 20
# Poster, stills, transcript, passages.
RESULT_OBJECTS: Final = 125
RESULTS_GB: Final = 0.02
# "For ever" is counted as a year.
NEVER_DAYS: Final = 365
DAYS_OF_A_MONTH: Final = 365 / 12
WORDS: Final = 150 * 60
TOKENS: Final = WORDS * 4 // 3
# A summary reads it once, with rules and brackets around it, and writes points with their quotes.
SUMMARY_READ: Final = 2 * TOKENS
SUMMARY_WRITTEN: Final = 6_000
# Records on the streams, each a payload unit, and messages on the queues with their receipts.
RECORDS: Final = 10
RECORD_KB: Final = 1
QUEUE_REQUESTS: Final = 30
CALL_SECONDS: Final = {INGEST: 1, CHUNKING: 5, EMBEDDING: 20, SUMMARY_FUNCTION: 60, TRANSCRIPTION_FUNCTION: 2}
LOG_GB: Final = 0.002
# To OpenAI and back, and to AWS's own services where they have no endpoint.
NAT_GB: Final = 0.05
DATABASE_BUSY_ACU: Final = 1.0
