"""The workers: Fargate tasks, as many as the queue asks for, none when nothing waits."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.appautoscaling_policy import (
    AppautoscalingPolicy,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration,
    AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification,
)
from cdktf_cdktf_provider_aws.appautoscaling_target import AppautoscalingTarget
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterSetting
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsService,
    EcsServiceDeploymentCircuitBreaker,
    EcsServiceNetworkConfiguration,
)
from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinition,
    EcsTaskDefinitionEphemeralStorage,
    EcsTaskDefinitionRuntimePlatform,
    EcsTaskDefinitionVolume,
)
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from constructs import Construct

from lib.permissions import Role, Statement, role
from lib.place import Place
from video_pipeline.topology import (
    PROCESSING_CLUSTER,
    PROCESSOR_REPOSITORY,
    PROCESSOR_SERVICE,
    PROCESSOR_TASK,
)

USER: Final = "10001:10001"
SCRATCH: Final = "/scratch"
# The most that Fargate grants; `shutdown_seconds` of the worker lies below it.
_STOP_SECONDS: Final = 120
_CONTAINER: Final = "processor"
_MINUTE: Final = 60


class Processing(Construct):
    """Cluster, task definition, service and its scaling."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        place: Place,
        subnet_ids: Sequence[str],
        group_id: str,
        variables: Mapping[str, str],
        statements: Sequence[Statement],
        queue: SqsQueue,
    ) -> None:
        super().__init__(scope, id)
        self._place = place
        self.cluster_name = place.names(PROCESSING_CLUSTER)
        self.service_name = place.names(PROCESSOR_SERVICE)
        insights = EcsClusterSetting(name="containerInsights", value="enabled")
        cluster = EcsCluster(self, "cluster", name=self.cluster_name, setting=[insights])
        self.log_group = CloudwatchLogGroup(
            self,
            "log-group",
            name=place.names.log_group("ecs", _CONTAINER),
            retention_in_days=place.environment.log_retention,
        )
        self._rights = self._task_role(statements)
        task = self._task(variables)
        service = self._service(cluster, task, subnet_ids, group_id)
        self._scale(service, queue)

    # ------------------------------------------------------------------------------------------- task
    def _task(self, variables: Mapping[str, str]) -> EcsTaskDefinition:
        environment = self._place.environment
        return EcsTaskDefinition(
            self,
            "task",
            family=self._place.names(PROCESSOR_TASK),
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(environment.task_cpu),
            memory=str(environment.task_memory),
            ephemeral_storage=EcsTaskDefinitionEphemeralStorage(size_in_gib=environment.task_storage_gib),
            runtime_platform=EcsTaskDefinitionRuntimePlatform(
                operating_system_family="LINUX", cpu_architecture="X86_64"
            ),
            execution_role_arn=self._execution_role(),
            task_role_arn=self._rights.arn,
            volume=[EcsTaskDefinitionVolume(name="scratch")],
            container_definitions=json.dumps([self._container(variables)]),
        )

    def _container(self, variables: Mapping[str, str]) -> dict[str, Any]:
        place = self._place
        registry = f"{place.account}.dkr.ecr.{place.region}.amazonaws.com"
        return {
            "name": _CONTAINER,
            "image": f"{registry}/{place.names(PROCESSOR_REPOSITORY)}:{place.environment.image_tag}",
            "essential": True,
            "user": USER,
            "readonlyRootFilesystem": True,
            "stopTimeout": _STOP_SECONDS,
            "linuxParameters": {"initProcessEnabled": True},
            "environment": [{"name": name, "value": value} for name, value in sorted(variables.items())],
            "mountPoints": [{"sourceVolume": "scratch", "containerPath": SCRATCH, "readOnly": False}],
            "logConfiguration": {
                "logDriver": "awslogs",
                "options": {
                    "awslogs-group": self.log_group.name,
                    "awslogs-region": place.region,
                    "awslogs-stream-prefix": _CONTAINER,
                },
            },
        }

    def _execution_role(self) -> str:
        repository = self._place.arn("ecr", f"repository/{self._place.names(PROCESSOR_REPOSITORY)}")
        pulls = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        statements = [
            Statement(pulls, [repository]),
            Statement(["ecr:GetAuthorizationToken"], ["*"], because="the token is for the whole registry"),
            Statement(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{self.log_group.arn}:log-stream:*"]),
        ]
        return self._role("processor-execution-role", statements).arn

    def _task_role(self, statements: Sequence[Statement]) -> Role:
        tasks = self._place.arn("ecs", f"task/{self.cluster_name}/*")
        protects = Statement(["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], [tasks])
        return self._role("processor-role", [*statements, protects])

    def _role(self, resource_type: str, statements: Sequence[Statement]) -> Role:
        return role(
            self,
            resource_type,
            name=self._place.names(resource_type),
            service="ecs-tasks.amazonaws.com",
            statements=statements,
        )

    # ---------------------------------------------------------------------------------------- service
    def _service(
        self, cluster: EcsCluster, task: EcsTaskDefinition, subnet_ids: Sequence[str], group_id: str
    ) -> EcsService:
        return EcsService(
            self,
            "service",
            name=self.service_name,
            cluster=cluster.id,
            task_definition=task.arn,
            launch_type="FARGATE",
            platform_version="1.4.0",
            desired_count=self._place.environment.desired_tasks,
            deployment_minimum_healthy_percent=100,
            deployment_maximum_percent=200,
            deployment_circuit_breaker=EcsServiceDeploymentCircuitBreaker(enable=True, rollback=True),
            network_configuration=EcsServiceNetworkConfiguration(
                subnets=list(subnet_ids), security_groups=[group_id], assign_public_ip=False
            ),
            propagate_tags="SERVICE",
            enable_ecs_managed_tags=True,
            force_delete=True,
            # How many there are is the scaling's business.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["desired_count"]),
            depends_on=[self._rights.rights],
        )

    def _scale(self, service: EcsService, queue: SqsQueue) -> None:
        environment = self._place.environment
        target = AppautoscalingTarget(
            self,
            "scaling-target",
            service_namespace="ecs",
            resource_id=f"service/{self.cluster_name}/{self.service_name}",
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=environment.tasks_min,
            max_capacity=environment.tasks_max,
            depends_on=[service],
        )
        tracking = AppautoscalingPolicyTargetTrackingScalingPolicyConfiguration(
            target_value=environment.videos_per_task,
            scale_out_cooldown=_MINUTE,
            scale_in_cooldown=5 * _MINUTE,
            customized_metric_specification=(
                AppautoscalingPolicyTargetTrackingScalingPolicyConfigurationCustomizedMetricSpecification(
                    metrics=self._backlog_per_task(queue.name)
                )
            ),
        )
        AppautoscalingPolicy(
            self,
            "scaling",
            name=self._place.names("processor-scaling"),
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            target_tracking_scaling_policy_configuration=tracking,
        )

    def _backlog_per_task(self, queue: str) -> list[dict[str, Any]]:
        """What waits and what is in hands, over the tasks there are; with none, one message asks for the first."""
        per_task = f"(waiting + working) / IF(FILL(running, 0) > 0, FILL(running, 0), 1 / {self._target() + 1})"
        return [
            self._queue_metric("waiting", "ApproximateNumberOfMessagesVisible", queue),
            self._queue_metric("working", "ApproximateNumberOfMessagesNotVisible", queue),
            {
                "id": "running",
                "metric_stat": {
                    "metric": {
                        "namespace": "ECS/ContainerInsights",
                        "metric_name": "RunningTaskCount",
                        "dimensions": [
                            {"name": "ClusterName", "value": self.cluster_name},
                            {"name": "ServiceName", "value": self.service_name},
                        ],
                    },
                    "stat": "Average",
                },
                "return_data": False,
            },
            {"id": "backlog", "expression": per_task, "label": "Backlog per task", "return_data": True},
        ]

    def _target(self) -> int:
        return self._place.environment.videos_per_task

    def _queue_metric(self, id: str, name: str, queue: str) -> dict[str, Any]:
        return {
            "id": id,
            "metric_stat": {
                "metric": {
                    "namespace": "AWS/SQS",
                    "metric_name": name,
                    "dimensions": [{"name": "QueueName", "value": queue}],
                },
                "stat": "Average",
            },
            "return_data": False,
        }
