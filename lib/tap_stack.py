"""The whole stack of one environment. It only composes; what a thing is, its construct says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from cdktf import AssetType, Fn, TerraformAsset, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from cdktf_cdktf_provider_aws.lambda_layer_version import LambdaLayerVersion
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from lib.administration import Migrations
from lib.artifacts import Artifacts
from lib.consumers import Consumers
from lib.credentials import Credentials
from lib.database import DatabaseCluster
from lib.environments import Environment
from lib.function import ARCHITECTURE, RUNTIME, LambdaFunction, source_hash
from lib.grants import Reach
from lib.ingestion import Ingestion
from lib.mail import Mail
from lib.monitoring import Monitoring
from lib.naming import Names
from lib.network import HTTPS, Network
from lib.place import Place
from lib.processing import Processing
from lib.provider import provider
from lib.question_api import QuestionApi
from lib.reindexing import Reindexing
from lib.storage import Storage
from lib.variables import variables
from lib.web import Web
from video_pipeline.deployment import Deployment
from video_pipeline.topology import (
    DEPLOYMENT,
    FUNCTIONS,
    MEDIA_BUCKET,
    OPENAI_SECRET,
    PINECONE_SECRET,
    PROCESSING,
    SWEEPER,
    SWEEPER_DLQ,
)

MINILM_IN_LAYER: Final = "/opt/minilm"


class TapStack(TerraformStack):
    """Everything that one environment suffix stands for, but the image registry."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        names: Names,
        environment: Environment,
        artifacts: Artifacts,
    ) -> None:
        super().__init__(scope, id)
        self.place = place_of(self, names, environment)
        self.network = Network(self, "network", place=self.place)
        self.ingestion = Ingestion(self, "ingestion", place=self.place)
        self.api = QuestionApi(self, "question-api", place=self.place)
        self.web = Web(self, "web", place=self.place, api_endpoint=self.api.endpoint, dashboard=artifacts.dashboard)
        self.storage = Storage(
            self,
            "storage",
            place=self.place,
            ingestion=self.ingestion,
            origins=[self.web.origin, *environment.cors_origins],
        )
        self.mail = self._mail()
        self.credentials = Credentials(self, "credentials", place=self.place)
        self.database = DatabaseCluster(
            self,
            "database",
            place=self.place,
            subnet_ids=self.network.private_subnet_ids,
            group_id=self.network.database_group_id,
        )
        self.facts = self._facts()
        self.reach = self._reach()
        self.functions = self._functions(artifacts)
        self.migrations = Migrations(
            self, "migrations", function=self.functions["administration"], after=self.database.instances
        )
        self.processing = self._processing()
        self.reindexing = Reindexing(
            self, "reindexing-machine", place=self.place, function=self.functions["reindexing"]
        )
        self._wake()
        self.monitoring = self._monitoring()
        self._describe()

    # ----------------------------------------------------------------------------------- what all know
    def _facts(self) -> dict[str, str]:
        """Values of settings by the names of their fields."""
        environment = self.place.environment
        facts = {
            "environment_suffix": self.place.names.suffix,
            "database_secret_arn": self.database.secret_arn,
            "database_host": self.database.host,
            "database_name": self.database.name,
            "media_bucket": self.storage.media.bucket,
            "results_bucket": self.storage.results.bucket,
            "embedding_provider": "openai",
            "openai_secret_arn": self.credentials.arns[OPENAI_SECRET],
            "openai_base_url": environment.openai_base_url,
            "openai_chat_model": environment.openai_chat_model,
            "openai_embedding_model": environment.openai_embedding_model,
            "openai_embedding_dimensions": str(environment.openai_embedding_dimensions),
            "vector_store": environment.vector_store,
            "speech_engine": environment.speech_engine,
            "public_url": self.web.url,
            "project_days": str(environment.projects_expire),
            # All that the network lets out.
            "image_ports": json.dumps([HTTPS]),
        }
        if environment.vector_store == "pinecone":
            facts["pinecone_secret_arn"] = self.credentials.arns[PINECONE_SECRET]
            facts["pinecone_index"] = environment.pinecone_index
        return facts | self._mail_facts()

    def _mail(self) -> Mail | None:
        if not self.place.environment.mail_domain:
            return None
        policy = self.storage.policies[MEDIA_BUCKET]
        return Mail(self, "mail", place=self.place, bucket=self.storage.media, after=[policy])

    def _mail_facts(self) -> dict[str, str]:
        environment = self.place.environment
        if self.mail is None:
            return {}
        return {
            "mail_from": environment.mail_address,
            "mail_allowed": json.dumps(environment.mail_allowed),
            "human_address": environment.human_address,
        }

    def _reach(self) -> Reach:
        return Reach(
            place=self.place,
            streams={name: each.arn for name, each in self.ingestion.streams.items()},
            queues={name: each.arn for name, each in self.ingestion.queues.items()},
            secrets=self.credentials.arns,
            media=self.storage.media.arn,
            results=self.storage.results.arn,
            database_secret=self.database.secret_arn,
        )

    # --------------------------------------------------------------------------------------- processes
    def _functions(self, artifacts: Artifacts) -> dict[str, LambdaFunction]:
        layer = self._layer("layer", "dependencies-layer", artifacts.layer)
        media = [self._layer(f"{each.stem}-layer", f"{each.stem}-layer", each) for each in artifacts.media_layers]
        # A connection per execution: the database's own limit is what more would run into.
        facts = {**self.facts, "database_pool": "2", "minilm_folder": MINILM_IN_LAYER}
        return {
            each.unit: LambdaFunction(
                self,
                each.unit,
                place=self.place,
                function=each,
                archive=artifacts.archive(each.unit),
                layer_arns=media if each.media else [layer],
                variables=variables(each.unit, facts),
                statements=self.reach.statements(each.unit),
                subnet_ids=self.network.private_subnet_ids,
                group_id=self.network.functions_group_id,
                dead_letter_arn=self.ingestion.queues[SWEEPER_DLQ.name].arn if each == SWEEPER else None,
            )
            for each in FUNCTIONS
        }

    def _layer(self, id: str, name: str, archive: Path) -> str:
        """Its ARN."""
        made = LambdaLayerVersion(
            self,
            id,
            layer_name=self.place.names(name),
            filename=TerraformAsset(self, f"{id}-archive", path=str(archive.resolve()), type=AssetType.FILE).path,
            source_code_hash=source_hash(archive),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )
        return made.arn

    def _processing(self) -> Processing:
        facts = {
            **self.facts,
            "aws_region": self.place.environment.region,
            "worker_concurrency": str(self.place.environment.videos_per_task),
            "scratch_folder": "/scratch",
        }
        return Processing(
            self,
            "processing",
            place=self.place,
            subnet_ids=self.network.private_subnet_ids,
            group_id=self.network.processor_group_id,
            variables=variables("processor", facts),
            statements=self.reach.statements("processor"),
            queue=self.ingestion.queues[PROCESSING.name],
        )

    def _wake(self) -> None:
        """Only when the schema is there."""
        self.api.answer_with(self.functions["question_api"])
        Consumers(
            self,
            "consumers",
            place=self.place,
            functions=self.functions,
            streams=self.ingestion.streams,
            queues=self.ingestion.queues,
            schedule_dead_letters=self.ingestion.queues[SWEEPER_DLQ.name],
            after=self.migrations.resource,
        )

    def _monitoring(self) -> Monitoring:
        return Monitoring(
            self,
            "monitoring",
            place=self.place,
            functions={unit: each.name for unit, each in self.functions.items()},
            queues=self.ingestion.queues,
            streams=self.ingestion.streams,
            api_id=self.api.id,
            database_identifier=self.database.identifier,
            cluster_name=self.processing.cluster_name,
            service_name=self.processing.service_name,
            log_groups={
                "processor": self.processing.log_group.name,
                **{unit: each.log_group.name for unit, each in self.functions.items()},
            },
        )

    # -------------------------------------------------------------------------------------- for people
    def _describe(self) -> None:
        described = self._description()
        name = self.place.names(DEPLOYMENT)
        SsmParameter(self, "deployment", name=name, type="String", value=Fn.jsonencode(described))
        for key in ("api_url", "public_url", "media_bucket", "results_bucket"):
            TerraformOutput(self, key, value=described[key])
        TerraformOutput(self, "web_host", value=self.web.host)
        if self.mail is not None:
            TerraformOutput(self, "mail_records", value=self.mail.records)

    def _description(self) -> Mapping[str, object]:
        described: dict[str, object] = {
            "suffix": self.place.names.suffix,
            "region": self.place.environment.region,
            "api_url": self.api.endpoint,
            "public_url": self.web.url,
            "media_bucket": self.storage.media.bucket,
            "results_bucket": self.storage.results.bucket,
            "web_bucket": self.web.bucket.bucket,
            "database_cluster": self.database.identifier,
            "processing_cluster": self.processing.cluster_name,
            "processor_service": self.processing.service_name,
            "functions": {unit: each.name for unit, each in self.functions.items()},
            "secrets": dict(self.credentials.arns),
            "reindexing_machine": self.reindexing.arn,
        }
        if described.keys() != Deployment.model_fields.keys():
            raise ValueError("the description and `video_pipeline.deployment` differ")
        return described


def place_of(stack: TerraformStack, names: Names, environment: Environment) -> Place:
    """Opens the provider, and finds out whose account it is."""
    place = Place(names, environment, account="", region=environment.region, partition="")
    provider(stack, place)
    account = DataAwsCallerIdentity(stack, "account").account_id
    partition = DataAwsPartition(stack, "partition").partition
    return Place(names, environment, account=account, region=environment.region, partition=partition)
