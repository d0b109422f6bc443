<#import "template.ftl" as layout>
<@layout.registrationLayout displayMessage=false; section>
  <#if section = "header">
    ${msg("chooseWorkspaceUnavailableTitle")}
  <#elseif section = "form">
    <link rel="stylesheet" href="${url.resourcesPath}/css/choose-workspace.css">
    <div id="cw-problem" class="cw-problem" role="alert">
      <p class="cw-problem-title"><#if cancellable>${msg("chooseWorkspaceUnavailableChange")}<#else>${msg("chooseWorkspaceUnavailable")}</#if></p>
      <p>${msg("chooseWorkspaceUnavailableHelp")}</p>
    </div>
    <div class="cw-buttons">
      <a id="cw-retry" href="${again}" class="${properties.kcButtonClass!} ${properties.kcButtonPrimaryClass!} ${properties.kcButtonBlockClass!}">${msg("chooseWorkspaceTryAgain")}</a>
      <#if cancellable>
        <form action="${url.loginAction}" method="post">
          <button id="cw-cancel" type="submit" name="cancel-aia" value="true" class="${properties.kcButtonClass!} ${properties.kcButtonSecondaryClass!properties.kcButtonDefaultClass!} ${properties.kcButtonBlockClass!}">${msg("doCancel")}</button>
        </form>
      </#if>
    </div>
  </#if>
</@layout.registrationLayout>
