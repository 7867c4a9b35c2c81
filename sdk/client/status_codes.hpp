#pragma once

/// The codes that statuses carry when they do not come from a server. docs/status-codes.md says what each
/// means.
namespace multiconn::client::code {

// Adobe's, which a client gives itself.
inline constexpr const char* connect_success = "NetConnection.Connect.Success";
inline constexpr const char* connect_failed = "NetConnection.Connect.Failed";
inline constexpr const char* connect_rejected = "NetConnection.Connect.Rejected";
inline constexpr const char* connect_closed = "NetConnection.Connect.Closed";
inline constexpr const char* call_failed = "NetConnection.Call.Failed";
inline constexpr const char* publish_start = "NetStream.Publish.Start";
inline constexpr const char* object_bad_persistence = "SharedObject.BadPersistence";

// Ours.
inline constexpr const char* setup_success = "NetConnection.Setup.Success";
inline constexpr const char* setup_failed = "NetConnection.Setup.Failed";
inline constexpr const char* connect_insecure = "NetConnection.Connect.Insecure";
inline constexpr const char* connect_redirected = "NetConnection.Connect.Redirected";
inline constexpr const char* connect_found = "NetConnection.Connect.Found";
inline constexpr const char* connect_reconnect_failed = "NetConnection.Connect.ReconnectFailed";
inline constexpr const char* connect_reconnecting = "NetConnection.Connect.Reconnecting";
inline constexpr const char* quorum_lost = "NetConnection.Quorum.Lost";
inline constexpr const char* quorum_regained = "NetConnection.Quorum.Regained";
inline constexpr const char* status_suppressed = "NetConnection.Status.Suppressed";
inline constexpr const char* callback_failed = "NetConnection.Callback.Failed";
inline constexpr const char* call_timed_out = "NetConnection.Call.TimedOut";
inline constexpr const char* call_closed = "NetConnection.Call.Closed";
inline constexpr const char* publish_failed = "NetStream.Publish.Failed";
inline constexpr const char* publish_lost = "NetStream.Publish.Lost";
inline constexpr const char* publish_stalled = "NetStream.Publish.Stalled";
inline constexpr const char* publish_retrying = "NetStream.Publish.Retrying";
inline constexpr const char* publish_resumed = "NetStream.Publish.Resumed";
inline constexpr const char* standby_active = "NetStream.Standby.Active";
inline constexpr const char* standby_silent = "NetStream.Standby.Silent";
inline constexpr const char* publish_all_lost = "NetStream.Publish.AllLost";
inline constexpr const char* buffer_dropped = "NetStream.Buffer.Dropped";
inline constexpr const char* send_failed = "NetStream.Send.Failed";
inline constexpr const char* source_complete = "NetStream.Source.Complete";
inline constexpr const char* source_failed = "NetStream.Source.Failed";
inline constexpr const char* frame_invalid = "NetStream.Frame.Invalid";
inline constexpr const char* object_unsupported = "SharedObject.Unsupported";
inline constexpr const char* object_refused = "SharedObject.Refused";
inline constexpr const char* object_too_large = "SharedObject.TooLarge";
inline constexpr const char* object_bad_name = "SharedObject.BadName";
inline constexpr const char* object_bad_path = "SharedObject.BadPath";
inline constexpr const char* object_bad_value = "SharedObject.BadValue";
inline constexpr const char* object_send_failed = "SharedObject.SendFailed";
inline constexpr const char* object_suppressed = "SharedObject.Send.Suppressed";
inline constexpr const char* object_closed = "SharedObject.Closed";

}  // namespace multiconn::client::code
