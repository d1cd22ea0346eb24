#include "tau_node/node_daemon.hpp"

#include "identity/private_file.hpp"

namespace tau::node {

exit_code cmd_run(command_context const& context) {
    identity::secret_bytes passphrase;
    auto const secret = load_secret(context, passphrase);
    passphrase = {};
    auto keys = identity::keyring::from(secret);
    if (!keys)
        throw failed("cannot derive the keys", keys.error());
    auto lock = take_lock(context.data);
    auto const& data = context.data;
    for (auto const& file : {data.key_file(), data.contact(), data.http_token(),
                             data.session_state(), data.endpoints()})
        identity::remove_unfinished(file);
    node_daemon daemon(context, std::move(lock),
                       std::make_shared<identity::keyring const>(std::move(keys.value())));
    return daemon.run();
}

} // namespace tau::node
