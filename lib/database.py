"""Aurora PostgreSQL, which pauses when nobody asks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from cdktf import ITerraformDependable
from cdktf_cdktf_provider_aws.db_subnet_group import DbSubnetGroup
from cdktf_cdktf_provider_aws.rds_cluster import RdsCluster, RdsClusterServerlessv2ScalingConfiguration
from cdktf_cdktf_provider_aws.rds_cluster_instance import RdsClusterInstance
from cdktf_cdktf_provider_aws.rds_cluster_parameter_group import (
    RdsClusterParameterGroup,
    RdsClusterParameterGroupParameter,
)
from constructs import Construct

from lib.environments import BadSetting
from lib.place import Place
from video_pipeline.topology import DATABASE_CLUSTER

_ENGINE: Final = "aurora-postgresql"
# The first minor version that can pause at 0 ACU is 16.3; one machine runs the same major version.
_VERSION: Final = "16.6"
_DATABASE: Final = "video_pipeline"
# Who vouches for the server, and the roots by which those who connect believe it, each after the name of its region.
_AUTHORITY: Final = "rds-ca-rsa2048-g1"
_ROOTS: Final = Path(__file__).resolve().parent.parent / "video_pipeline" / "aws" / "rds-ca.pem"


class DatabaseCluster(Construct):
    """A Serverless v2 cluster whose password Secrets Manager makes and rotates."""

    def __init__(self, scope: Construct, id: str, *, place: Place, subnet_ids: Sequence[str], group_id: str) -> None:
        super().__init__(scope, id)
        environment = place.environment
        _believed(environment.region)
        self.name = _DATABASE
        self.identifier = place.names(DATABASE_CLUSTER)
        cluster = RdsCluster(
            self,
            "cluster",
            cluster_identifier=self.identifier,
            engine=_ENGINE,
            engine_mode="provisioned",
            engine_version=_VERSION,
            database_name=_DATABASE,
            master_username="video_pipeline",
            manage_master_user_password=True,
            db_subnet_group_name=self._subnets(place, subnet_ids),
            vpc_security_group_ids=[group_id],
            db_cluster_parameter_group_name=self._parameters(place),
            serverlessv2_scaling_configuration=_scaling(place),
            storage_encrypted=True,
            # Lets an operator look at the ledger from the console's query editor; nothing of the product uses it.
            enable_http_endpoint=True,
            backup_retention_period=environment.database_backup,
            preferred_backup_window=environment.database_backup_window,
            preferred_maintenance_window=environment.database_maintenance,
            enabled_cloudwatch_logs_exports=["postgresql"],
            copy_tags_to_snapshot=True,
            deletion_protection=False,
            skip_final_snapshot=True,
            apply_immediately=True,
        )
        self.instances: list[ITerraformDependable] = [
            self._instance(place, cluster, number) for number in range(environment.database_instances)
        ]
        self.host = cluster.endpoint
        self.secret_arn = cluster.master_user_secret.get(0).secret_arn

    def _subnets(self, place: Place, subnet_ids: Sequence[str]) -> str:
        group = DbSubnetGroup(self, "subnets", name=place.names("database-subnets"), subnet_ids=list(subnet_ids))
        return group.name

    def _parameters(self, place: Place) -> str:
        group = RdsClusterParameterGroup(
            self,
            "parameters",
            name=place.names("database-parameters"),
            family=f"{_ENGINE}{_VERSION.partition('.')[0]}",
            description="Connections are encrypted, or refused",
            parameter=[RdsClusterParameterGroupParameter(name="rds.force_ssl", value="1")],
        )
        return group.name

    def _instance(self, place: Place, cluster: RdsCluster, number: int) -> RdsClusterInstance:
        return RdsClusterInstance(
            self,
            f"instance-{number}",
            identifier=place.names(f"database-instance-{number}"),
            cluster_identifier=cluster.id,
            instance_class="db.serverless",
            engine=_ENGINE,
            engine_version=cluster.engine_version,
            # Where it is emulated there are no certificates, and the provider would wait minutes for this one.
            ca_cert_identifier=None if place.environment.emulated else _AUTHORITY,
            publicly_accessible=False,
            auto_minor_version_upgrade=True,
            apply_immediately=True,
        )


def _believed(region: str) -> None:
    """Said before anything is deployed, as nothing there could reach the database."""
    if f"# {region}\n" not in _ROOTS.read_text(encoding="ascii"):
        raise BadSetting(
            f"There is no root certificate of RDS for {region}: append {_AUTHORITY} of that region to "
            "video_pipeline/aws/rds-ca.pem."
        )


def _scaling(place: Place) -> RdsClusterServerlessv2ScalingConfiguration:
    environment = place.environment
    pauses = environment.database_min_acu == 0
    return RdsClusterServerlessv2ScalingConfiguration(
        min_capacity=environment.database_min_acu,
        max_capacity=environment.database_max_acu,
        seconds_until_auto_pause=environment.database_pause_seconds if pauses else None,
    )
