"""List prices in US dollars, without tax, discounts and free allowances.

They change, and AWS alone knows today's: see the page that each comes from, or the AWS Pricing Calculator, before
counting on them. In us-east-1 those of NAT, addresses, Aurora, Fargate and Lambda, in eu-central-1 those of NAT and
endpoints were compared with a second source; the others were not.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

AS_OF: Final = "2026"
HOURS: Final = 730  # of a month, as AWS counts
_MILLION: Final = 1_000_000


@dataclass(frozen=True)
class Price:
    """For one `unit`, in each region; `source` is AWS's page about it."""

    unit: str
    us_east_1: float
    eu_central_1: float
    source: str

    def in_region(self, region: str) -> float:
        return {"us-east-1": self.us_east_1, "eu-central-1": self.eu_central_1}[region]


REGIONS: Final = ("us-east-1", "eu-central-1")
_VPC = "https://aws.amazon.com/vpc/pricing/"
_LINK = "https://aws.amazon.com/privatelink/pricing/"
_KINESIS = "https://aws.amazon.com/kinesis/data-streams/pricing/"
_AURORA = "https://aws.amazon.com/rds/aurora/pricing/"
_CLOUDWATCH = "https://aws.amazon.com/cloudwatch/pricing/"
_FARGATE = "https://aws.amazon.com/fargate/pricing/"
_LAMBDA = "https://aws.amazon.com/lambda/pricing/"
_S3 = "https://aws.amazon.com/s3/pricing/"

NAT_HOUR: Final = Price("gateway-hour", 0.045, 0.052, _VPC)
NAT_GB: Final = Price("GB", 0.045, 0.052, _VPC)
PUBLIC_ADDRESS_HOUR: Final = Price("address-hour", 0.005, 0.005, _VPC)
ENDPOINT_HOUR: Final = Price("endpoint-zone-hour", 0.01, 0.012, _LINK)

SHARD_HOUR: Final = Price("shard-hour", 0.015, 0.018, _KINESIS)
# Days two to seven.
SHARD_RETENTION_HOUR: Final = Price("shard-hour", 0.02, 0.024, _KINESIS)
STREAM_HOUR: Final = Price("stream-hour", 0.04, 0.048, _KINESIS)
PUT_UNIT: Final = Price("payload unit of 25 KB", 0.014 / _MILLION, 0.0175 / _MILLION, _KINESIS)
STREAM_GB: Final = Price("GB in and out", 0.12, 0.144, _KINESIS)

ACU_HOUR: Final = Price("ACU-hour", 0.12, 0.14, _AURORA)
DATABASE_GB_MONTH: Final = Price("GB-month", 0.10, 0.119, _AURORA)

SECRET_MONTH: Final = Price("secret-month", 0.40, 0.40, "https://aws.amazon.com/secrets-manager/pricing/")
KEY_MONTH: Final = Price("key-month", 1.0, 1.0, "https://aws.amazon.com/kms/pricing/")

ALARM_MONTH: Final = Price("metric watched", 0.10, 0.10, _CLOUDWATCH)
METRIC_MONTH: Final = Price("metric-month", 0.30, 0.30, _CLOUDWATCH)
DASHBOARD_MONTH: Final = Price("dashboard-month", 3.0, 3.0, _CLOUDWATCH)
LOG_GB: Final = Price("GB taken in", 0.50, 0.63, _CLOUDWATCH)
TRACE: Final = Price("trace", 5 / _MILLION, 5 / _MILLION, "https://aws.amazon.com/xray/pricing/")

VCPU_HOUR: Final = Price("vCPU-hour", 0.04048, 0.04656, _FARGATE)
MEMORY_GB_HOUR: Final = Price("GB-hour", 0.004445, 0.00511, _FARGATE)
# Beyond the 20 GB that every task has.
SCRATCH_GB_HOUR: Final = Price("GB-hour", 0.000111, 0.000127, _FARGATE)

LAMBDA_GB_SECOND: Final = Price("GB-second", 0.0000166667, 0.0000166667, _LAMBDA)
LAMBDA_CALL: Final = Price("call", 0.20 / _MILLION, 0.20 / _MILLION, _LAMBDA)
QUEUE_REQUEST: Final = Price("request", 0.40 / _MILLION, 0.40 / _MILLION, "https://aws.amazon.com/sqs/pricing/")

STORAGE_GB_MONTH: Final = Price("GB-month", 0.023, 0.0245, _S3)
STORAGE_PUT: Final = Price("request", 0.005 / 1000, 0.0054 / 1000, _S3)
IMAGE_GB_MONTH: Final = Price("GB-month", 0.10, 0.10, "https://aws.amazon.com/ecr/pricing/")

TRANSCRIBE_MINUTE: Final = Price("minute", 0.024, 0.024, "https://aws.amazon.com/transcribe/pricing/")
# Of text-embedding-3-small; OpenAI asks the same everywhere.
EMBEDDING_TOKEN: Final = Price("token", 0.02 / _MILLION, 0.02 / _MILLION, "https://platform.openai.com/docs/pricing")
# Of gpt-4.1-mini, to be read and to be written.
CHAT_READ: Final = Price("token", 0.40 / _MILLION, 0.40 / _MILLION, EMBEDDING_TOKEN.source)
CHAT_WRITTEN: Final = Price("token", 1.60 / _MILLION, 1.60 / _MILLION, EMBEDDING_TOKEN.source)
CHAT_MODELS: Final = {
    "gpt-4.1-mini": (CHAT_READ, CHAT_WRITTEN),
    "gpt-4.1": (
        Price("token", 2.00 / _MILLION, 2.00 / _MILLION, EMBEDDING_TOKEN.source),
        Price("token", 8.00 / _MILLION, 8.00 / _MILLION, EMBEDDING_TOKEN.source),
    ),
    "gpt-4.1-nano": (
        Price("token", 0.10 / _MILLION, 0.10 / _MILLION, EMBEDDING_TOKEN.source),
        Price("token", 0.40 / _MILLION, 0.40 / _MILLION, EMBEDDING_TOKEN.source),
    ),
}
EMBEDDING_MODELS: Final = {
    "text-embedding-3-small": EMBEDDING_TOKEN,
    "text-embedding-3-large": Price("token", 0.13 / _MILLION, 0.13 / _MILLION, EMBEDDING_TOKEN.source),
    "text-embedding-ada-002": Price("token", 0.10 / _MILLION, 0.10 / _MILLION, EMBEDDING_TOKEN.source),
}
