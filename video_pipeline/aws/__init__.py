"""Adapters for S3, Kinesis, SQS and Secrets Manager."""
