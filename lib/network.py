"""The stack's own network: nothing comes in, and what goes out is chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
)
from cdktf_cdktf_provider_aws.default_security_group import DefaultSecurityGroup
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.nat_gateway import NatGateway
from cdktf_cdktf_provider_aws.route import Route
from cdktf_cdktf_provider_aws.route_table import RouteTable
from cdktf_cdktf_provider_aws.route_table_association import RouteTableAssociation
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.subnet import Subnet
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from lib.permissions import Statement, role
from lib.place import Place

ZONES: Final = 2
NAT_GATEWAYS: Final = {"none": 0, "single": 1, "per_zone": ZONES}
_NETWORK: Final = "10.64.0.0/16"
_POSTGRES: Final = 5432
HTTPS: Final = 443
_ANYWHERE: Final = "0.0.0.0/0"
# What functions and tasks talk to. Each costs 7 dollars a month and zone, and saves what NAT takes per GB.
SERVICES: Final = ("secretsmanager", "kinesis-streams", "sqs", "logs", "ecr.api", "ecr.dkr", "transcribe", "ecs")


class Network(Construct):
    """A VPC over two zones with its routes, endpoints and security groups."""

    def __init__(self, scope: Construct, id: str, *, place: Place) -> None:
        super().__init__(scope, id)
        self._place = place
        vpc = Vpc(
            self,
            "vpc",
            cidr_block=_NETWORK,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._tags("vpc"),
        )
        self.vpc_id = vpc.id
        # Without rules of its own nobody is let in by having forgotten to name a group.
        DefaultSecurityGroup(self, "default-group", vpc_id=vpc.id, tags=self._tags("default-group"))
        self._record_refusals()
        names = self._zones()
        public = [self._subnet("public", number, zone) for number, zone in enumerate(names)]
        private = [self._subnet("private", number, zone) for number, zone in enumerate(names)]
        self.private_subnet_ids = [each.id for each in private]
        self._open(public)
        tables = self._private_tables(private, self._nat_gateways(public))
        self.functions_group_id = self._group("functions-group", "Lambda functions of video-pipeline")
        self.processor_group_id = self._group("processor-group", "Processing tasks of video-pipeline")
        self.database_group_id = self._group("database-group", "Aurora of video-pipeline")
        for name, group in (("functions", self.functions_group_id), ("processor", self.processor_group_id)):
            self._may_ask_the_database(name, group)
            self._may_go_out(name, group)
        self._endpoints(tables)

    def _tags(self, resource_type: str) -> dict[str, str]:
        return {"Name": self._place.names(resource_type)}

    def _record_refusals(self) -> None:
        """Who knocked where nobody lets in. What is let in costs half a dollar a GB to write down, and logs itself."""
        place = self._place
        logs = CloudwatchLogGroup(
            self,
            "flow-log-group",
            name=place.names.log_group("vpc", "flow-log"),
            retention_in_days=place.environment.log_retention,
        )
        writes = role(
            self,
            "flow-log-role",
            name=place.names("flow-log-role"),
            service="vpc-flow-logs.amazonaws.com",
            statements=[
                Statement(
                    ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
                    [f"{logs.arn}:*"],
                ),
                Statement(["logs:DescribeLogGroups"], [place.arn("logs", "log-group:*")]),
            ],
        )
        FlowLog(
            self,
            "flow-log",
            vpc_id=self.vpc_id,
            traffic_type="REJECT",
            log_destination_type="cloud-watch-logs",
            log_destination=logs.arn,
            iam_role_arn=writes.arn,
            tags=self._tags("flow-log"),
            depends_on=[writes.rights],
        )

    def _zones(self) -> list[str]:
        """The first of those that every account has; local zones, which some opted into, have no Aurora."""
        usual = DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])
        zones = DataAwsAvailabilityZones(self, "zones", state="available", filter=[usual])
        return [Fn.element(zones.names, number) for number in range(ZONES)]

    # ----------------------------------------------------------------------------------------- routes
    def _subnet(self, kind: str, number: int, zone: str) -> Subnet:
        third = number * 16 + (128 if kind == "private" else 0)
        return Subnet(
            self,
            f"{kind}-subnet-{number}",
            vpc_id=self.vpc_id,
            availability_zone=zone,
            cidr_block=f"10.64.{third}.0/20",
            map_public_ip_on_launch=False,
            tags=self._tags(f"{kind}-subnet-{number}"),
        )

    def _open(self, subnets: Sequence[Subnet]) -> None:
        gateway = InternetGateway(self, "internet-gateway", vpc_id=self.vpc_id, tags=self._tags("internet-gateway"))
        table = RouteTable(self, "public-table", vpc_id=self.vpc_id, tags=self._tags("public-table"))
        Route(
            self,
            "public-route",
            route_table_id=table.id,
            destination_cidr_block=_ANYWHERE,
            gateway_id=gateway.id,
        )
        for number, subnet in enumerate(subnets):
            RouteTableAssociation(self, f"public-association-{number}", route_table_id=table.id, subnet_id=subnet.id)
        self._gateway = gateway

    def _nat_gateways(self, public: Sequence[Subnet]) -> list[NatGateway]:
        """None, one for all zones, or one for each."""
        many = NAT_GATEWAYS[self._place.environment.nat]
        return [self._nat(number, subnet) for number, subnet in enumerate(public[:many])]

    def _nat(self, number: int, subnet: Subnet) -> NatGateway:
        address = Eip(self, f"nat-address-{number}", domain="vpc", tags=self._tags(f"nat-address-{number}"))
        return NatGateway(
            self,
            f"nat-{number}",
            allocation_id=address.allocation_id,
            subnet_id=subnet.id,
            tags=self._tags(f"nat-gateway-{number}"),
            depends_on=[self._gateway],
        )

    def _private_tables(self, subnets: Sequence[Subnet], nats: Sequence[NatGateway]) -> list[RouteTable]:
        return [self._private_table(number, each, nats) for number, each in enumerate(subnets)]

    def _private_table(self, number: int, subnet: Subnet, nats: Sequence[NatGateway]) -> RouteTable:
        table = RouteTable(
            self, f"private-table-{number}", vpc_id=self.vpc_id, tags=self._tags(f"private-table-{number}")
        )
        RouteTableAssociation(self, f"private-association-{number}", route_table_id=table.id, subnet_id=subnet.id)
        if nats:
            Route(
                self,
                f"private-route-{number}",
                route_table_id=table.id,
                destination_cidr_block=_ANYWHERE,
                nat_gateway_id=nats[number % len(nats)].id,
            )
        return table

    # ----------------------------------------------------------------------------------------- groups
    def _group(self, resource_type: str, description: str) -> str:
        group = SecurityGroup(
            self,
            resource_type,
            name=self._place.names(resource_type),
            description=description,
            vpc_id=self.vpc_id,
            tags=self._tags(resource_type),
        )
        return group.id

    def _may_ask_the_database(self, name: str, group: str) -> None:
        VpcSecurityGroupEgressRule(
            self,
            f"{name}-to-database",
            security_group_id=group,
            referenced_security_group_id=self.database_group_id,
            ip_protocol="tcp",
            from_port=_POSTGRES,
            to_port=_POSTGRES,
            description="PostgreSQL",
        )
        VpcSecurityGroupIngressRule(
            self,
            f"database-from-{name}",
            security_group_id=self.database_group_id,
            referenced_security_group_id=group,
            ip_protocol="tcp",
            from_port=_POSTGRES,
            to_port=_POSTGRES,
            description=f"PostgreSQL from {name}",
        )

    def _may_go_out(self, name: str, group: str) -> None:
        VpcSecurityGroupEgressRule(
            self,
            f"{name}-to-services",
            security_group_id=group,
            cidr_ipv4=_ANYWHERE,
            ip_protocol="tcp",
            from_port=HTTPS,
            to_port=HTTPS,
            description="AWS and model services over TLS",
        )

    # -------------------------------------------------------------------------------------- endpoints
    def _endpoints(self, tables: Sequence[RouteTable]) -> None:
        region = self._place.environment.region
        # Costs nothing, and keeps films off the NAT gateways, where a GB costs 4.5 cents.
        VpcEndpoint(
            self,
            "s3-endpoint",
            vpc_id=self.vpc_id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[each.id for each in tables],
            tags=self._tags("s3-endpoint"),
        )
        if self._place.environment.interface_endpoints or self._place.environment.nat == "none":
            group = self._endpoint_group()
            for service in SERVICES:
                self._interface(service, region, group)

    def _endpoint_group(self) -> str:
        group = self._group("endpoints-group", "Interface endpoints of video-pipeline")
        for name, source in (("functions", self.functions_group_id), ("processor", self.processor_group_id)):
            VpcSecurityGroupIngressRule(
                self,
                f"endpoints-from-{name}",
                security_group_id=group,
                referenced_security_group_id=source,
                ip_protocol="tcp",
                from_port=HTTPS,
                to_port=HTTPS,
                description=f"HTTPS from {name}",
            )
        return group

    def _interface(self, service: str, region: str, group: str) -> None:
        name = service.replace(".", "-")
        VpcEndpoint(
            self,
            f"{name}-endpoint",
            vpc_id=self.vpc_id,
            service_name=f"com.amazonaws.{region}.{service}",
            vpc_endpoint_type="Interface",
            private_dns_enabled=True,
            subnet_ids=self.private_subnet_ids,
            security_group_ids=[group],
            tags=self._tags(f"{name}-endpoint"),
        )
