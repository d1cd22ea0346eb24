#pragma once

#include "tau_node/data_folder.hpp"
#include "tau_node/output.hpp"
#include "tau_node/settings.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tau::node {

/// What every command gets: where the identity lives, how to speak, and the settings of
/// tau-node.toml with the command's flags over them.
struct command_context {
    data_folder data;
    output_form form = output_form::text;
    settings values;

    [[nodiscard]] bool is_json() const { return form == output_form::json; }
};

// One function a command, in cmd_<name>.cpp. They throw failure.

struct init_arguments {
    std::string import_wallet; ///< "-": a key on the first line of standard input
    bool no_passphrase = false;
};
exit_code cmd_init(command_context const& context, init_arguments const& arguments);

struct id_arguments {
    bool qr = false;
};
exit_code cmd_id(command_context const& context, id_arguments const& arguments);

exit_code cmd_run(command_context const& context);
exit_code cmd_stop(command_context const& context);
exit_code cmd_status(command_context const& context);

struct friend_arguments {
    std::string action; ///< add, list, accept, rename, block, unblock or remove
    std::string who;    ///< for add: a contact URI or a key
    std::string name;
};
exit_code cmd_friend(command_context const& context, friend_arguments const& arguments);

struct send_arguments {
    std::string who;
    std::string text; ///< "-": standard input
    std::string file;
};
exit_code cmd_send(command_context const& context, send_arguments const& arguments);

struct inbox_arguments {
    std::string who;
    bool follow = false;
    std::string since;
    std::int64_t limit = 200;
};
exit_code cmd_inbox(command_context const& context, inbox_arguments const& arguments);

struct save_arguments {
    std::string id;
    std::string path; ///< "-": standard output
};
exit_code cmd_save(command_context const& context, save_arguments const& arguments);

exit_code cmd_delete(command_context const& context, std::string const& id);
exit_code cmd_chat(command_context const& context, std::string const& who);

struct get_arguments {
    std::string hash;
    std::string key;
    std::string salt;
    std::string endpoint;
};
exit_code cmd_get(command_context const& context, get_arguments const& arguments);

struct put_arguments {
    std::optional<std::string> value;
    std::string file;
    std::optional<std::string> salt; ///< absent with no seq: an immutable item
    std::optional<std::int64_t> seq;
};
exit_code cmd_put(command_context const& context, put_arguments const& arguments);

struct channel_arguments {
    std::string action; ///< publish or watch
    std::string key;
    std::string name;
    std::string value;
};
exit_code cmd_channel(command_context const& context, channel_arguments const& arguments);

struct topic_arguments {
    std::string action; ///< join, leave, list, peers, read or say
    std::string name;
    std::string text;
    bool follow = false;
};
exit_code cmd_topic(command_context const& context, topic_arguments const& arguments);
exit_code cmd_peers(command_context const& context);
exit_code cmd_route(command_context const& context, std::string const& who);
exit_code cmd_trace(command_context const& context, std::string const& id);

struct backup_arguments {
    std::string file;
};
exit_code cmd_backup(command_context const& context, backup_arguments const& arguments);
exit_code cmd_restore(command_context const& context, backup_arguments const& arguments);

struct lab_arguments {
    std::int64_t nodes = 32;
    bool once = false;
};
exit_code cmd_lab(command_context const& context, lab_arguments const& arguments);

} // namespace tau::node
