"""What moto lacks and Terraform asks for, answered by the emulated AWS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local import resources

REGION = "us-east-1"


@pytest.fixture(scope="module")
def client(aws: Any) -> Any:
    return lambda name: resources.session(REGION).client(name, endpoint_url=aws.url)


def test_scaling_targets_have_tags(client: Any) -> None:
    scaling = client("application-autoscaling")
    arn = f"arn:aws:application-autoscaling:{REGION}:123456789012:scalable-target/0"
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {}
    scaling.tag_resource(ResourceARN=arn, Tags={"a": "b"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])


def test_vocabularies_have_tags(client: Any) -> None:
    arn = f"arn:aws:transcribe:{REGION}:123456789012:vocabulary/v"
    assert client("transcribe").list_tags_for_resource(ResourceArn=arn)["Tags"] == []


def test_state_machines_can_be_validated_and_have_versions(client: Any) -> None:
    machines = client("stepfunctions")
    assert machines.validate_state_machine_definition(definition="{}")["result"] == "OK"
    arn = f"arn:aws:states:{REGION}:123456789012:stateMachine:m"
    assert machines.list_state_machine_versions(stateMachineArn=arn)["stateMachineVersions"] == []


def test_a_queue_may_say_who_may_redrive_to_it(aws: Any) -> None:
    url = aws.sqs.create_queue(QueueName="redrive-allowed")["QueueUrl"]
    policy = json.dumps({"redrivePermission": "allowAll"})
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedriveAllowPolicy": policy})
    attributes = aws.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["RedriveAllowPolicy"])["Attributes"]
    assert attributes == {"RedriveAllowPolicy": policy}


def test_a_rule_reaches_streams_and_queues(aws: Any, client: Any) -> None:
    events = client("events")
    queue = aws.sqs.create_queue(QueueName="from-rule")["QueueUrl"]
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["test"]}))
    targets = [
        {"Id": "s", "Arn": f"arn:aws:kinesis:{REGION}:123456789012:stream/ingestion-stream-test"},
        {"Id": "q", "Arn": f"arn:aws:sqs:{REGION}:123456789012:from-rule"},
    ]
    events.put_targets(Rule="r", Targets=targets)
    for source in ("test", "other"):
        events.put_events(Entries=[{"Source": source, "DetailType": "d", "Detail": '{"n": 1}'}])
    found = [json.loads(record["Data"]) for record in aws.records()]
    assert [event["detail"] for event in found if event.get("source") == "test"] == [{"n": 1}]
    assert not [event for event in found if event.get("source") == "other"]
    [message] = aws.sqs.receive_message(QueueUrl=queue)["Messages"]
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert {target["Id"] for target in events.list_targets_by_rule(Rule="r")["Targets"]} == {"s", "q"}


def test_a_policy_against_plain_http_holds_for_others_only(aws: Any) -> None:
    aws.s3.create_bucket(Bucket="tls-only")
    everything = {"Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::tls-only", "arn:aws:s3:::tls-only/*"]}
    secure = {"Effect": "Deny", "Condition": {"Bool": {"aws:SecureTransport": "false"}}, **everything}
    aws.s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Statement": [secure]}))
    aws.s3.put_object(Bucket="tls-only", Key="k", Body=b"content")
    assert aws.s3.get_object(Bucket="tls-only", Key="k")["Body"].read() == b"content"
    closed = {"Effect": "Deny", **everything}
    aws.s3.put_bucket_policy(Bucket="tls-only", Policy=json.dumps({"Statement": [secure, closed]}))
    with pytest.raises(ClientError, match="403"):
        aws.s3.head_object(Bucket="tls-only", Key="k")


def test_a_cluster_is_described_as_it_was_made(client: Any) -> None:
    rds = client("rds")
    made = {"DBClusterIdentifier": "as-made", "Engine": "aurora-postgresql", "MasterUsername": "someone"}
    rds.create_db_cluster(
        **made,
        MasterUserPassword="not-a-secret",
        EnableHttpEndpoint=True,
        ServerlessV2ScalingConfiguration={"MinCapacity": 0, "MaxCapacity": 2},
    )
    [found] = rds.describe_db_clusters(DBClusterIdentifier="as-made")["DBClusters"]
    assert found["HttpEndpointEnabled"] is True
    assert "ScalingConfigurationInfo" not in found
    assert found["ServerlessV2ScalingConfiguration"]["MaxCapacity"] == 2


def test_what_was_deleted_is_listed_no_more(client: Any) -> None:
    ecs, ec2 = client("ecs"), client("ec2")
    ecs.create_cluster(clusterName="short-lived")
    ecs.delete_cluster(cluster="short-lived")
    assert not [arn for arn in ecs.list_clusters()["clusterArns"] if arn.endswith("/short-lived")]
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    routes = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    gateway = {"VpcEndpointType": "Gateway", "ServiceName": "com.amazonaws.us-east-1.s3", "RouteTableIds": [routes]}
    made = ec2.create_vpc_endpoint(VpcId=vpc, **gateway)["VpcEndpoint"]["VpcEndpointId"]
    assert made in [each["VpcEndpointId"] for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]]
    ec2.delete_vpc_endpoints(VpcEndpointIds=[made])
    assert made not in [each["VpcEndpointId"] for each in ec2.describe_vpc_endpoints()["VpcEndpoints"]]
