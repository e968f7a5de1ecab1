"""The HTTP API in front of the question function."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.apigatewayv2_api import Apigatewayv2Api
from cdktf_cdktf_provider_aws.apigatewayv2_authorizer import (
    Apigatewayv2Authorizer,
    Apigatewayv2AuthorizerJwtConfiguration,
)
from cdktf_cdktf_provider_aws.apigatewayv2_integration import Apigatewayv2Integration
from cdktf_cdktf_provider_aws.apigatewayv2_route import Apigatewayv2Route
from cdktf_cdktf_provider_aws.apigatewayv2_stage import (
    Apigatewayv2Stage,
    Apigatewayv2StageAccessLogSettings,
    Apigatewayv2StageDefaultRouteSettings,
)
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from constructs import Construct

from lib.function import LambdaFunction
from lib.place import Place

_TYPE = "question-api"
# A function that needs longer than API Gateway waits has failed for the asker.
_TIMEOUT_MS = 29_000
_LOGGED = {
    "time": "$context.requestTime",
    "request_id": "$context.requestId",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "latency_ms": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "address": "$context.identity.sourceIp",
    "error": "$context.integrationErrorMessage",
}


class QuestionApi(Construct):
    """An HTTP API with a throttled stage, access logs and, where an issuer is set, tokens checked at the door.

    The application itself asks for its API keys and answers cross-origin questions.
    """

    def __init__(self, scope: Construct, id: str, *, place: Place) -> None:
        super().__init__(scope, id)
        self._place = place
        self._api = Apigatewayv2Api(self, "api", name=place.names(_TYPE), protocol_type="HTTP")
        self.id = self._api.id
        self.endpoint = self._api.api_endpoint
        logs = CloudwatchLogGroup(
            self,
            "access-log",
            name=place.names.log_group("apigateway", _TYPE),
            retention_in_days=place.environment.log_retention,
        )
        Apigatewayv2Stage(
            self,
            "stage",
            api_id=self._api.id,
            name="$default",
            auto_deploy=True,
            access_log_settings=Apigatewayv2StageAccessLogSettings(
                destination_arn=logs.arn, format=json.dumps(_LOGGED)
            ),
            default_route_settings=Apigatewayv2StageDefaultRouteSettings(
                throttling_rate_limit=place.environment.throttle_rate,
                throttling_burst_limit=place.environment.throttle_burst,
                detailed_metrics_enabled=True,
            ),
        )

    def answer_with(self, function: LambdaFunction) -> None:
        """Every request goes to `function`."""
        integration = Apigatewayv2Integration(
            self,
            "integration",
            api_id=self._api.id,
            integration_type="AWS_PROXY",
            integration_uri=function.invoke_arn,
            payload_format_version="2.0",
            timeout_milliseconds=_TIMEOUT_MS,
        )
        authorizer = self._authorizer() if self._place.environment.jwt_issuer else None
        for key in ("$default",) if authorizer is None else ("$default", "OPTIONS /{proxy+}"):
            # Browsers ask beforehand without a token.
            checked = authorizer is not None and key == "$default"
            Apigatewayv2Route(
                self,
                "route" if key == "$default" else "preflight-route",
                api_id=self._api.id,
                route_key=key,
                target=f"integrations/{integration.id}",
                authorization_type="JWT" if checked else "NONE",
                authorizer_id=authorizer.id if authorizer is not None and checked else None,
            )
        LambdaPermission(
            self,
            "permission",
            statement_id="http-api",
            action="lambda:InvokeFunction",
            function_name=function.name,
            principal="apigateway.amazonaws.com",
            source_arn=f"{self._api.execution_arn}/*",
            depends_on=[function.resource],
        )

    def _authorizer(self) -> Apigatewayv2Authorizer:
        environment = self._place.environment
        return Apigatewayv2Authorizer(
            self,
            "authorizer",
            api_id=self._api.id,
            name=self._place.names("question-api-authorizer"),
            authorizer_type="JWT",
            identity_sources=["$request.header.Authorization"],
            jwt_configuration=Apigatewayv2AuthorizerJwtConfiguration(
                issuer=environment.jwt_issuer, audience=list(environment.jwt_audience)
            ),
        )
