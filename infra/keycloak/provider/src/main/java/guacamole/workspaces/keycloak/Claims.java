package guacamole.workspaces.keycloak;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.keycloak.models.RealmModel;
import org.keycloak.models.RoleModel;
import org.keycloak.models.UserModel;
import org.keycloak.models.utils.KeycloakModelUtils;
import org.keycloak.models.utils.RoleUtils;

/** The claims of a person that bindings may use, from the user model as it is now. */
final class Claims {
  private Claims() {}

  static Map<String, List<String>> of(UserModel user, RealmModel realm, Settings settings) {
    var claims = new LinkedHashMap<String, List<String>>();
    if (!settings.groupsClaim().isEmpty()) {
      var paths = user.getGroupsStream().map(KeycloakModelUtils::buildGroupPath).filter(path -> isBelow(path, settings.groupsBelow()));
      put(claims, settings.groupsClaim(), paths.toList());
    }
    if (settings.realmRolesClaim().isEmpty() && settings.clientRolesClaim().isEmpty()) return claims;

    // Those of groups and of composites included, as in a token.
    var roles = RoleUtils.getDeepUserRoleMappings(user);
    if (!settings.realmRolesClaim().isEmpty())
      put(claims, settings.realmRolesClaim(), roles.stream().filter(role -> !role.isClientRole()).map(RoleModel::getName).toList());
    if (!settings.clientRolesClaim().isEmpty()) {
      var named = settings.clientRolesOf().isEmpty() ? settings.guacamoleClient() : settings.clientRolesOf();
      var client = realm.getClientByClientId(named);
      if (client != null)
        put(claims, settings.clientRolesClaim(), roles.stream().filter(role -> client.getId().equals(role.getContainerId())).map(RoleModel::getName).toList());
    }
    return claims;
  }

  /** Two settings may name one claim: it then has both. */
  private static void put(Map<String, List<String>> claims, String name, List<String> values) {
    var all = new TreeSet<>(claims.getOrDefault(name, List.of()));
    all.addAll(values);
    if (!all.isEmpty()) claims.put(name, List.copyOf(all));
  }

  static boolean isBelow(String path, String parent) {
    if (parent.isEmpty()) return true;
    var base = parent.endsWith("/") ? parent.substring(0, parent.length() - 1) : parent;
    return path.equals(base) || path.startsWith(base + "/");
  }
}
