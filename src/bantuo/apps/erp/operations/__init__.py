"""What a caller does with a seller's ERP: issue keys, record signed calls, probe its stock endpoint."""

from bantuo.apps.erp.operations.calls import CallReplayed, SandboxCall, record_call
from bantuo.apps.erp.operations.endpoint import (
    EndpointUnknown,
    NewEndpoint,
    VersionUnreadable,
    register_endpoint,
)
from bantuo.apps.erp.operations.keys import (
    IssuedKey,
    KeyExists,
    KeyUnknown,
    SecretVault,
    issue_key,
    open_secret,
    revoke_key,
    rotate_key,
)
from bantuo.apps.erp.operations.probing import (
    PinnedEndpoint,
    ProbeAnswer,
    StockCaller,
    run_probe,
    start_probe,
    stop_probe,
)
from bantuo.apps.erp.operations.watching import WatchTerms, watch_endpoints

__all__ = [
    "CallReplayed",
    "EndpointUnknown",
    "IssuedKey",
    "KeyExists",
    "KeyUnknown",
    "NewEndpoint",
    "PinnedEndpoint",
    "ProbeAnswer",
    "SandboxCall",
    "SecretVault",
    "StockCaller",
    "VersionUnreadable",
    "WatchTerms",
    "issue_key",
    "open_secret",
    "record_call",
    "register_endpoint",
    "revoke_key",
    "rotate_key",
    "run_probe",
    "start_probe",
    "stop_probe",
    "watch_endpoints",
]
